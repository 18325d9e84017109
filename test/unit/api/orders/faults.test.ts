import { describe, expect, test } from '@jest/globals';
import { Unavailable } from '../../../../src/domain/unavailable.js';
import { checkout, openShop, problem, type Answer, type Shop } from '../shop.js';

const away = (dependency: 'database' | 'temporal') =>
  new Unavailable(dependency, new Error('connect ECONNREFUSED 10.0.0.7:5432'));

type Scene = [
  where: string,
  arrange: (shop: Shop, fault: Error) => Promise<void>,
  ask: (shop: Shop) => Promise<Answer>,
];

const post = (shop: Shop) => shop.post(checkout());
const get = (shop: Shop) => shop.get('order-1');

const DATABASE: Scene[] = [
  ['reading the catalog', async (shop, fault) => void shop.faults.set('reader.forCheckout', fault), post],
  [
    'reading the order of a replay',
    async (shop, fault) => {
      await shop.post(checkout());
      shop.writeRow('order-1');
      shop.faults.set('reader.find', fault);
    },
    post,
  ],
  ['reading an order', async (shop, fault) => void shop.faults.set('reader.find', fault), get],
];

const TEMPORAL: Scene[] = [
  ['starting the workflow', async (shop, fault) => void shop.faults.set('workflows.start', fault), post],
  [
    'looking for the workflow before a refusal',
    async (shop, fault) => {
      shop.products.clear();
      shop.faults.set('workflows.find', fault);
    },
    post,
  ],
  [
    'looking for the workflow of an order without a row',
    async (shop, fault) => void shop.faults.set('workflows.find', fault),
    get,
  ],
];

describe('while a dependency is unavailable', () => {
  test.each([
    ...DATABASE.map(([where, ...scene]) => [where, 'database', ...scene] as const),
    ...TEMPORAL.map(([where, ...scene]) => [where, 'temporal', ...scene] as const),
  ])('%s is answered with 503 and when to come back', async (_where, dependency, arrange, ask) => {
    const shop = openShop();
    await arrange(shop, away(dependency));
    const answer = await ask(shop);
    expect(answer).toMatchObject(problem(503, 'unavailable', { dependency }));
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  test('the answer to a checkout says that sending it again is safe, whatever became of it', async () => {
    const shop = openShop();
    shop.faults.set('workflows.start', away('temporal'));
    const { body } = await shop.post(checkout());
    expect(body['detail']).toMatch(
      /whether or not this request got through.*same order_id or Idempotency-Key is safe/i,
    );
  });

  test('the answer shows nothing of the network behind it', async () => {
    const shop = openShop();
    shop.faults.set('reader.forCheckout', away('database'));
    const answer = await shop.post(checkout());
    expect(answer.text).not.toMatch(/ECONNREFUSED|10\.0\.0\.7/);
  });

  test('the cause is in the log, under the request that met it', async () => {
    const shop = openShop();
    shop.faults.set('reader.forCheckout', away('database'));
    await shop.post(checkout(), { 'x-request-id': 'request-1' });
    expect(shop.log).toEqual([
      {
        level: 'warn',
        message: expect.any(String),
        fields: expect.objectContaining({
          request_id: 'request-1',
          dependency: 'database',
          err: expect.objectContaining({ message: expect.stringContaining('ECONNREFUSED') }),
        }),
      },
    ]);
  });

  test('a checkout that got through anyway is replayed when it is sent again', async () => {
    const shop = openShop();
    await shop.post(checkout());
    shop.faults.set('workflows.start', away('temporal'));
    expect(await shop.post(checkout())).toMatchObject({ status: 503 });
    shop.faults.clear();
    expect(await shop.post(checkout())).toMatchObject({ status: 200, body: { id: 'order-1' } });
  });

  test('nothing is started while the catalog cannot be read', async () => {
    const shop = openShop();
    shop.faults.set('reader.forCheckout', away('database'));
    await shop.post(checkout());
    expect(shop.runs.size).toBe(0);
  });

  test('an invalid checkout is refused anyway, without asking Temporal or the database', async () => {
    const shop = openShop();
    shop.faults.set('reader.forCheckout', away('database'));
    expect(await shop.post(checkout({ currency: 'eur' }))).toMatchObject({ status: 422 });
  });
});

describe('a bug of ours', () => {
  const bug = new TypeError("Cannot read properties of undefined (reading 'secret_column')");

  test.each([
    ['the reader', 'reader.forCheckout', post],
    ['the start', 'workflows.start', post],
    ['a read', 'reader.find', get],
  ] as const)('in %s is answered with 500 without a word of it', async (_where, call, ask) => {
    const shop = openShop();
    shop.faults.set(call, bug);
    const answer = await ask(shop);
    expect(answer).toMatchObject(problem(500, 'internal-error'));
    expect(answer.text).not.toMatch(/secret_column|TypeError|Cannot read|\.ts:/);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  test('is logged whole, under the id that was answered', async () => {
    const shop = openShop();
    shop.faults.set('reader.find', bug);
    const { body } = await shop.get('order-1');
    expect(shop.log).toEqual([
      {
        level: 'error',
        message: expect.any(String),
        fields: expect.objectContaining({ request_id: body['request_id'], err: bug }),
      },
    ]);
  });
});

test('a refusal is not an error of ours: nothing of it is logged', async () => {
  const shop = openShop();
  await shop.post(checkout({ currency: 'eur' }));
  await shop.get('order-2');
  await shop.send('{');
  expect(shop.log).toEqual([]);
});
