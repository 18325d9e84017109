import { beforeEach, describe, expect, test } from '@jest/globals';
import { apiDocument } from '../../../support/documented.js';
import { openDesk, type Desk } from '../desk.js';

interface Schema {
  $ref?: string;
  example?: Record<string, unknown>;
}
interface Operation {
  parameters?: { in?: string; name?: string }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}

const document = apiDocument();
const schemas = (document.components?.schemas ?? {}) as Record<string, Schema>;

/** Every route of the document, with a path that could be asked for. */
const ROUTES = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
  Object.entries(item as Record<string, Operation>).map(([method, operation]) => {
    const id = path.includes('webhook-endpoints') ? `we_${'0'.repeat(32)}` : `wd_${'0'.repeat(32)}`;
    const target = path.replaceAll('{id}', path.includes('/webhook-') ? id : 'one').replaceAll(/\{\w+\}/g, 'one');
    return { name: `${method.toUpperCase()} ${path}`, method: method.toUpperCase(), target, operation };
  }),
);
const FROM_GATEWAYS = 'POST /webhooks/payments/{gateway}';
const WRITING = ROUTES.filter(({ method, name }) => method !== 'GET' && name !== FROM_GATEWAYS);

/** The example of the body that a route takes; an empty one where it takes none. */
function bodyOf({ requestBody }: Operation): Record<string, unknown> {
  const schema = requestBody?.content['application/json']?.schema;
  const named = schemas[schema?.$ref?.replace(/^.*\//, '') ?? ''];
  return named?.example ?? schema?.example ?? {};
}

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});

describe('a query parameter that is not known', () => {
  test('is walked over all routes', () => expect(ROUTES.length).toBeGreaterThan(30));

  test.each(ROUTES)('is refused by $name', async ({ method, target }) => {
    const answer = await desk.ask(`${target}?no_such_parameter=1`, { method });
    expect(answer).toMatchObject({ status: 422, body: { code: 'validation-error' } });
    expect(answer.body['errors']).toEqual([
      { pointer: '/no_such_parameter', detail: expect.stringMatching(/^this parameter is not known/) },
    ]);
    expect(desk.asked).toEqual([]);
  });

  test.each([
    ['/v1/dead-letters?status=open', 'state'],
    ['/v1/dead-letters?kinds=refund', 'kind'],
    ['/v1/webhook-deliveries?status=failed', 'state'],
    ['/v1/webhook-deliveries?event_type=order.failed', 'type'],
    ['/v1/webhook-deliveries?endpoint=we_1', 'endpoint_id'],
    ['/v1/orders?state=failed', 'status'],
    ['/v1/orders?stauts=failed', 'status'],
    ['/v1/orders?Status=failed', 'status'],
    ['/v1/orders?since=2026-11-01T00:00:00Z', 'created_after'],
    ['/v1/orders?customer=7', 'customer_id'],
    ['/v1/orders?reason=expired', 'failure_reason'],
    ['/v1/products?name=pen', 'name_prefix'],
    ['/v1/products?page_size=3', 'limit'],
    ['/v1/stats?from=2026-11-01', undefined],
    ['/v1/products?foo=1', undefined],
  ])('is answered with the one that was meant: %s', async (target, meant) => {
    const [error] = (await desk.get(target)).body['errors'] as { detail: string }[];
    expect(/did you mean "(\w+)"/.exec(error?.detail ?? '')?.[1]).toBe(meant);
  });

  test('is named beside all others, and those of the route are listed', async () => {
    const { body } = await desk.get('/v1/webhook-endpoints?colour=red&limit=3&a%2Fb=1');
    expect(body['errors']).toEqual([
      { pointer: '/colour', detail: 'this parameter is not known; this route takes limit, cursor' },
      { pointer: '/a~1b', detail: 'this parameter is not known; this route takes limit, cursor' },
    ]);
  });

  test('does not hide that there is no such route, and does no harm to pages', async () => {
    expect((await desk.get('/v1/nothing?a=1')).status).toBe(404);
    expect((await desk.app.request('/openapi.json?v=2')).status).toBe(200);
  });
});

describe('a member of a body that is not known', () => {
  test.each(WRITING)('is refused by $name', async ({ method, target, operation }) => {
    const body = { ...bodyOf(operation), no_such_member: 1 };
    const answer = await desk.send(method, target, body, { 'idempotency-key': 'k' });
    expect(answer).toMatchObject({ status: 422, body: { code: 'validation-error' } });
    expect(answer.body['errors']).toEqual([{ pointer: '/no_such_member', detail: expect.stringMatching(/not known/) }]);
    expect(desk.asked).toEqual([]);
  });

  test.each(WRITING.filter(({ operation }) => operation.requestBody === undefined))(
    'is all that $name minds: it takes no body, or an empty object',
    async ({ method, target }) => {
      const refused = [415, 422];
      const answers = [
        await desk.app.request(target, { method }),
        await desk.app.request(target, { method, headers: { 'content-type': 'application/json' }, body: '{}' }),
      ];
      for (const { status } of answers) expect(refused).not.toContain(status);
      for (const body of ['[]', '1', 'null', '"tracking"']) {
        const headers = { 'content-type': 'application/json' };
        expect((await desk.ask(target, { method, headers, body })).status).toBe(422);
      }
      expect((await desk.ask(target, { method, body: 'tracking_number=1Z' })).status).toBe(415);
    },
  );
});
