import { z } from '@hono/zod-openapi';
import {
  DEAD_LETTER_KINDS,
  DEAD_LETTER_TRANSITIONS,
  type DeadLetter,
  type DeadLetterState,
} from '../../domain/dead-letter.js';
import { actorJson, actorSchema } from '../requests/actor-header.js';
import { orderIdSchema } from '../orders/order-schema.js';
import { text, timestamp } from '../requests/fields.js';
import { listOf, pageQuery, placeTime } from '../requests/paging.js';

const STATES = Object.keys(DEAD_LETTER_TRANSITIONS) as DeadLetterState[];

export const letterParams = z.object({
  id: z
    .string()
    .regex(/^[A-Za-z0-9_.:-]{1,200}$/)
    .openapi({ example: 'dl_5d0c4a' }),
});

export const listQuery = pageQuery.extend({
  state: z.enum(STATES).default('open'),
  kind: z.enum(DEAD_LETTER_KINDS).optional(),
  order_id: orderIdSchema.optional(),
});

/** The position in a list of dead letters: time and id of the last one. */
export const place = z.tuple([placeTime, letterParams.shape.id]);

export const discardSchema = z
  .strictObject({ note: text(1000) })
  .openapi('Discard', { example: { note: 'repaid by bank transfer on 3 November' } });

const what = {
  note: text(1000),
  /** To look it up: the provider's id of the charge or refund. */
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
  .openapi('Evidence', {
    example: { outcome: 'charged', reference: 'ch_3PqK', note: 'seen in the dashboard of the provider' },
  });

export type EvidenceBody = z.infer<typeof evidenceSchema>;

export const deadLetterJsonSchema = z
  .object({
    id: z.string(),
    order_id: z.string(),
    kind: z.enum(DEAD_LETTER_KINDS),
    step: z.string(),
    error_class: z.string(),
    attempts: z.int().min(0),
    last_error: z.string(),
    subject: z.string().openapi({ description: "What it is about within the order, such as a refund's id." }),
    state: z.enum(STATES),
    resolution: z.string().nullable(),
    note: z.string().nullable(),
    redriven_by: actorSchema.nullable(),
    evidence_by: actorSchema.nullable(),
    discarded_by: actorSchema.nullable(),
    created_at: timestamp,
    updated_at: timestamp,
    links: z.object({ self: z.string(), order: z.string() }),
  })
  .openapi('DeadLetter', {
    example: {
      id: 'dl_5d0c4a',
      order_id: 'order-1001',
      kind: 'charge',
      step: 'charge',
      error_class: 'GatewayNotExecuted',
      attempts: 4,
      last_error: 'the gateway answered 503',
      subject: '',
      state: 'open',
      resolution: null,
      note: null,
      redriven_by: null,
      evidence_by: null,
      discarded_by: null,
      created_at: '2026-11-01T09:30:07.000Z',
      updated_at: '2026-11-01T09:30:07.000Z',
      links: { self: '/v1/dead-letters/dl_5d0c4a', order: '/v1/orders/order-1001' },
    },
  });

export const deadLetterListSchema = listOf('DeadLetterList', deadLetterJsonSchema);

/** A dead letter as the API shows it. */
export function deadLetterJson(letter: DeadLetter): z.infer<typeof deadLetterJsonSchema> {
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
    redriven_by: actorJson(letter.redrivenBy),
    evidence_by: actorJson(letter.evidenceBy),
    discarded_by: actorJson(letter.discardedBy),
    created_at: letter.createdAt,
    updated_at: letter.updatedAt,
    links: { self: `/v1/dead-letters/${letter.id}`, order: `/v1/orders/${letter.orderId}` },
  };
}
