import { setTimeout as pause } from 'node:timers/promises';
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import type { Actor } from '../../domain/actor.js';
import type { OrderRecord } from '../../domain/order-record.js';
import type { ReviewDecision, ReviewOutcome } from '../../domain/outcomes.js';
import { actorOf } from '../requests/actor-header.js';
import { answer } from '../requests/answers.js';
import { existingOrder } from './accept-checkout.js';
import { interrupted, type OrderActionOptions } from './order-actions.js';
import { orderJson, orderJsonSchema } from './order-json.js';
import { orderIdSchema } from './order-schema.js';
import { FROM_JSON, problems } from '../requests/problem-schema.js';
import { Problem } from '../requests/problems.js';
import { guarded } from '../requests/guarded-route.js';
import { takes } from '../requests/header-docs.js';
import { strictJson } from '../requests/strict-json.js';
import { jsonBody, refuseInvalid } from '../requests/validation.js';

// An order shows that it is in review a moment before its workflow accepts the decision.
const ASK_AGAIN_MS = 200;
const ASK_TIMES = 5;

const reviewSchema = z
  .strictObject({ decision: z.enum(['approve', 'reject']) })
  .openapi('ReviewDecision', { example: { decision: 'approve' } });

const postReview = createRoute({
  method: 'post',
  path: '/v1/orders/{id}/review',
  tags: ['Orders'],
  operationId: 'reviewOrder',
  summary: 'Decide a fraud review',
  description:
    'Approves or rejects an order that is `in_review`. The first decision counts; repeating it answers 200, contradicting it 409.',
  parameters: takes('Actor'),
  request: { params: z.object({ id: orderIdSchema }), body: jsonBody(reviewSchema) },
  responses: {
    200: answer('This decision counts, now or already before', orderJsonSchema),
    ...problems(...FROM_JSON, 'not-found', 'not-in-review', 'review-conflict', 'order-interrupted'),
  },
});

export function createReviewRoutes(options: OrderActionOptions) {
  const app = new OpenAPIHono({ defaultHook: refuseInvalid });

  return app.openapi(guarded(postReview, strictJson(options.maxBodyBytes)), async (c) => {
    const { decision } = c.req.valid('json');
    const record = await reviewOrder(options, c.req.valid('param').id, { decision, actor: actorOf(c) });
    return c.json(orderJson(record, options.workflows), 200);
  });
}

/** @throws Problem `not-found`, `not-in-review`, `review-conflict` or `order-interrupted` */
export async function reviewOrder(
  { requests, ...sources }: OrderActionOptions,
  id: string,
  asked: { decision: ReviewDecision; actor: Actor },
): Promise<OrderRecord> {
  const outcome = await review(id, asked.decision, asked.actor);
  const record = await existingOrder(sources, id);
  if (outcome.kind === 'opposite') throw opposite(outcome.decision, record);
  if (outcome.kind === 'not_in_review') throw notInReview(record);
  return record;

  /** The workflow decides while it runs; after that the order's row says what was decided. */
  async function review(orderId: string, decision: ReviewDecision, actor: Actor): Promise<ReviewOutcome> {
    for (let asked = 1; ; asked += 1) {
      const outcome = await requests.review(orderId, { decision, actor });
      if (outcome !== undefined) return outcome;
      const record = await existingOrder(sources, orderId);
      const stored = record.review?.decision ?? null;
      if (stored !== null) return stored === decision ? { kind: 'decided' } : { kind: 'opposite', decision: stored };
      if (record.status !== 'in_review') return { kind: 'not_in_review', status: record.status };
      if (asked === ASK_TIMES) throw interrupted(record);
      await pause(ASK_AGAIN_MS);
    }
  }
}

function opposite(decision: ReviewDecision | 'expired', { order, status }: OrderRecord): Problem {
  const fate = { approve: 'was approved', reject: 'was rejected', expired: 'was not decided in time' }[decision];
  return new Problem('review-conflict', `Order ${order.orderId} ${fate}.`, { decision, order_status: status });
}

function notInReview({ order, status }: OrderRecord): Problem {
  return new Problem('not-in-review', `Order ${order.orderId} is ${status}.`, { order_status: status });
}
