// Dead letters: listed, redriven, settled by evidence, discarded. The workflow decides whether a redrive is allowed.

import { OpenAPIHono, createRoute } from '@hono/zod-openapi';
import type { DeadLetter } from '../../domain/dead-letter.js';
import { actorOf } from '../requests/actor-header.js';
import { answer } from '../requests/answers.js';
import { discardDeadLetter, noDeadLetter, redriveDeadLetter, sendEvidence } from './dead-letter-actions.js';
import type { DeadLetterOptions } from './dead-letter-ports.js';
import {
  deadLetterJson,
  deadLetterJsonSchema,
  deadLetterListSchema,
  discardSchema,
  evidenceSchema,
  letterParams,
  listQuery,
  place,
} from './dead-letter-schema.js';
import { given } from '../requests/given.js';
import { pageOf, placeOf } from '../requests/paging.js';
import { FROM_JSON, problems } from '../requests/problem-schema.js';
import { guarded } from '../requests/guarded-route.js';
import { takes } from '../requests/header-docs.js';
import { strictJson } from '../requests/strict-json.js';
import { jsonBody, refuseInvalid } from '../requests/validation.js';

const getLetters = createRoute({
  method: 'get',
  path: '/v1/dead-letters',
  tags: ['Operations'],
  operationId: 'listDeadLetters',
  summary: 'List dead letters',
  description: 'Work that automation could not finish, oldest first.',
  request: { query: listQuery },
  responses: {
    200: answer('The dead letters of one state, and of one kind if asked for, oldest first', deadLetterListSchema),
    ...problems('validation-error'),
  },
});

const getLetter = createRoute({
  method: 'get',
  path: '/v1/dead-letters/{id}',
  tags: ['Operations'],
  operationId: 'getDeadLetter',
  summary: 'Read a dead letter',
  description: 'The dead letter with the last error and what can be done about it.',
  request: { params: letterParams },
  responses: { 200: answer('The dead letter', deadLetterJsonSchema), ...problems('not-found') },
});

const postRedrive = createRoute({
  method: 'post',
  path: '/v1/dead-letters/{id}/redrive',
  tags: ['Operations'],
  operationId: 'redriveDeadLetter',
  summary: 'Redrive a dead letter',
  description: 'Runs the failed work again. Only an open dead letter can be redriven, and only once at a time.',
  parameters: takes('Actor'),
  request: { params: letterParams },
  responses: {
    202: answer('It is processed again; this is the dead letter in its current state', deadLetterJsonSchema),
    ...problems(...FROM_JSON, 'not-found', 'not-redrivable', 'order-interrupted'),
  },
});

const postDiscard = createRoute({
  method: 'post',
  path: '/v1/dead-letters/{id}/discard',
  tags: ['Operations'],
  operationId: 'discardDeadLetter',
  summary: 'Discard a dead letter',
  description: 'Changes no order. Refused while money or stock depends on it.',
  parameters: takes('Actor'),
  request: { params: letterParams, body: jsonBody(discardSchema) },
  responses: {
    200: answer('Discarded', deadLetterJsonSchema),
    ...problems(...FROM_JSON, 'not-found', 'not-open', 'unsettled'),
  },
});

const postEvidence = createRoute({
  method: 'post',
  path: '/v1/dead-letters/{id}/evidence',
  tags: ['Operations'],
  operationId: 'giveEvidence',
  summary: 'Provide evidence about a charge or a refund',
  description:
    'States what the gateway really did, as an operator found out. It settles an unknown charge or refund. The first evidence counts.',
  parameters: takes('Actor'),
  request: { params: letterParams, body: jsonBody(evidenceSchema) },
  responses: {
    202: answer('Accepted; it settles the charge or refund unless the gateway says otherwise', deadLetterJsonSchema),
    ...problems(...FROM_JSON, 'not-found', 'not-open', 'no-evidence-wanted', 'evidence-conflict', 'order-interrupted'),
  },
});

export function createDeadLetterRoutes({ deadLetters, ...options }: DeadLetterOptions) {
  const app = new OpenAPIHono({ defaultHook: refuseInvalid });
  const strict = strictJson(options.maxBodyBytes);

  return app
    .openapi(getLetters, async (c) => {
      const { state, kind, order_id: orderId, limit, cursor } = c.req.valid('query');
      const [createdAt, id] = placeOf(cursor, place) ?? [];
      const after = createdAt === undefined || id === undefined ? {} : { after: { createdAt, id } };
      const letters = await deadLetters.list({ state, limit: limit + 1, ...after, ...given({ kind, orderId }) });
      const page = pageOf(letters, limit, { json: deadLetterJson, place: (letter) => [letter.createdAt, letter.id] });
      return c.json(page, 200);
    })
    .openapi(getLetter, async (c) => c.json(deadLetterJson(await existing(c.req.valid('param').id)), 200))
    .openapi(postRedrive, async (c) => {
      const { id } = c.req.valid('param');
      const actor = actorOf(c);
      await redriveDeadLetter({ ...options, deadLetters }, await existing(id), actor);
      return c.json(deadLetterJson(await existing(id)), 202);
    })
    .openapi(guarded(postDiscard, strict), async (c) => {
      const { id } = c.req.valid('param');
      return c.json(
        deadLetterJson(await discardDeadLetter(deadLetters, id, c.req.valid('json').note, actorOf(c))),
        200,
      );
    })
    .openapi(guarded(postEvidence, strict), async (c) => {
      const { id } = c.req.valid('param');
      const actor = actorOf(c);
      await sendEvidence({ ...options, deadLetters }, await existing(id), { ...c.req.valid('json'), actor });
      return c.json(deadLetterJson(await existing(id)), 202);
    });

  async function existing(id: string): Promise<DeadLetter> {
    const letter = await deadLetters.find(id);
    if (letter === undefined) throw noDeadLetter(id);
    return letter;
  }
}
