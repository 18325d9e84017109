import { OpenAPIHono, createRoute } from '@hono/zod-openapi';
import type { DeadLetter, DeadLetterState } from '../domain/dead-letter.js';
import { redriveDeadLetter, sendEvidence } from './dead-letter-actions.js';
import { deadLetterJson, discardSchema, evidenceSchema, letterParams, listQuery, place } from './dead-letter-schema.js';
import type { OrderActionOptions } from './order-actions.js';
import { pageOf, placeOf } from './paging.js';
import { Problem } from './problems.js';
import { strictJson } from './strict-json.js';
import { jsonBody, refuseInvalid } from './validation.js';

export interface DeadLetterFilter {
  state: DeadLetterState;
  orderId?: string;
  limit: number;
  /** Only those after this one. */
  after?: { createdAt: string; id: string };
}

/** `unsettled`: discarding it now would forget money or stock; `detail` says which. */
export type Discarded =
  | { kind: 'discarded'; letter: DeadLetter }
  | { kind: 'not_found' }
  | { kind: 'not_open'; state: DeadLetterState }
  | { kind: 'unsettled'; detail: string };

/** What needs a person. Throws `Unavailable` when the database is away. */
export interface DeadLetterBook {
  /** Oldest first. */
  list(filter: DeadLetterFilter): Promise<DeadLetter[]>;
  find(id: string): Promise<DeadLetter | undefined>;
  /** open → discarded, once, and only when nothing depends on it any more. Changes no order. */
  discard(id: string, note: string): Promise<Discarded>;
}

export interface DeadLetterOptions extends OrderActionOptions {
  deadLetters: DeadLetterBook;
}

const getLetters = createRoute({
  method: 'get',
  path: '/v1/dead-letters',
  request: { query: listQuery },
  responses: { 200: { description: 'The dead letters of one state, oldest first' } },
});

const getLetter = createRoute({
  method: 'get',
  path: '/v1/dead-letters/{id}',
  request: { params: letterParams },
  responses: { 200: { description: 'The dead letter' } },
});

const postRedrive = createRoute({
  method: 'post',
  path: '/v1/dead-letters/{id}/redrive',
  request: { params: letterParams },
  responses: {
    202: { description: 'It goes through again; this is the dead letter as it stands' },
    409: { description: 'It cannot be redriven, or somebody else was first' },
  },
});

const postDiscard = createRoute({
  method: 'post',
  path: '/v1/dead-letters/{id}/discard',
  request: { params: letterParams, body: jsonBody(discardSchema) },
  responses: { 200: { description: 'Discarded' }, 409: { description: 'Not open, or money or stock is unsettled' } },
});

const postEvidence = createRoute({
  method: 'post',
  path: '/v1/dead-letters/{id}/evidence',
  request: { params: letterParams, body: jsonBody(evidenceSchema) },
  responses: {
    202: { description: 'Taken; it settles the charge or refund unless the gateway says otherwise' },
    409: { description: 'Not open, or not about an unknown charge or refund' },
  },
});

export function createDeadLetterRoutes({ deadLetters, ...options }: DeadLetterOptions) {
  const app = new OpenAPIHono({ defaultHook: refuseInvalid });
  const strict = strictJson(options.maxBodyBytes);

  app.openapi(getLetters, async (c) => {
    const { state, order_id: orderId, limit, cursor } = c.req.valid('query');
    const [createdAt, id] = placeOf(cursor, place) ?? [];
    const after = createdAt === undefined || id === undefined ? {} : { after: { createdAt, id } };
    const ofOrder = orderId === undefined ? {} : { orderId };
    const letters = await deadLetters.list({ state, limit: limit + 1, ...after, ...ofOrder });
    const page = pageOf(letters, limit, { json: deadLetterJson, place: (letter) => [letter.createdAt, letter.id] });
    return c.json(page, 200);
  });

  app.openapi(getLetter, async (c) => c.json(deadLetterJson(await existing(c.req.valid('param').id)), 200));

  app.openapi(postRedrive, async (c) => {
    const { id } = c.req.valid('param');
    await redriveDeadLetter(options, await existing(id));
    return c.json(deadLetterJson(await existing(id)), 202);
  });

  app.post('/v1/dead-letters/:id/discard', strict);
  app.openapi(postDiscard, async (c) => {
    const { id } = c.req.valid('param');
    const discarded = await deadLetters.discard(id, c.req.valid('json').note);
    switch (discarded.kind) {
      case 'discarded':
        return c.json(deadLetterJson(discarded.letter), 200);
      case 'not_found':
        throw notFound(id);
      case 'not_open':
        throw new Problem('not-open', `This dead letter is ${discarded.state}.`, { state: discarded.state });
      case 'unsettled':
        throw new Problem('unsettled', discarded.detail);
    }
  });

  app.post('/v1/dead-letters/:id/evidence', strict);
  app.openapi(postEvidence, async (c) => {
    const { id } = c.req.valid('param');
    await sendEvidence(options, await existing(id), c.req.valid('json'));
    return c.json(deadLetterJson(await existing(id)), 202);
  });

  async function existing(id: string): Promise<DeadLetter> {
    const letter = await deadLetters.find(id);
    if (letter === undefined) throw notFound(id);
    return letter;
  }

  return app;
}

function notFound(id: string): Problem {
  return new Problem('not-found', `There is no dead letter ${id}.`);
}
