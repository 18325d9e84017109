import { z } from '@hono/zod-openapi';
import { DEAD_LETTER_TRANSITIONS, type DeadLetter, type DeadLetterState } from '../domain/dead-letter.js';
import { orderIdSchema, text } from './order-schema.js';
import { pageQuery } from './paging.js';

const STATES = Object.keys(DEAD_LETTER_TRANSITIONS) as DeadLetterState[];

export const letterParams = z.object({ id: z.string().regex(/^[A-Za-z0-9_.:-]{1,200}$/) });

export const listQuery = pageQuery.extend({
  state: z.enum(STATES).default('open'),
  order_id: orderIdSchema.optional(),
});

/** Where a list of dead letters goes on: the last one's time and id. */
export const place = z.tuple([z.iso.datetime({ precision: 6 }), z.string()]);

export const discardSchema = z.strictObject({ note: text(1000) }).openapi('Discard');

const what = {
  note: text(1000),
  /** Where it can be looked up: the provider's own number of the charge or refund. */
  reference: text(200).openapi({ example: 'ch_3PqK' }),
};

export const evidenceSchema = z
  .discriminatedUnion('outcome', [
    z.strictObject({ outcome: z.enum(['charged', 'refunded']), ...what }),
    z.strictObject({
      outcome: z.enum(['not_charged', 'not_refunded']),
      ...what,
      reference: what.reference.or(z.literal('')).default(''),
    }),
  ])
  .openapi('Evidence');

export type EvidenceBody = z.infer<typeof evidenceSchema>;

/** A dead letter as the API shows it. */
export function deadLetterJson(letter: DeadLetter) {
  return {
    id: letter.id,
    order_id: letter.orderId,
    kind: letter.kind,
    step: letter.step,
    error_class: letter.errorClass,
    attempts: letter.attempts,
    last_error: letter.lastError,
    subject: letter.subject,
    state: letter.state,
    resolution: letter.resolution,
    note: letter.note,
    created_at: letter.createdAt,
    updated_at: letter.updatedAt,
    links: { self: `/v1/dead-letters/${letter.id}`, order: `/v1/orders/${letter.orderId}` },
  };
}
