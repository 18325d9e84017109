import { z } from '@hono/zod-openapi';
import { allowedActions, letterActions, LETTER_ACTIONS, ORDER_ACTIONS } from '../../domain/allowed-actions.js';
import { DEAD_LETTER_KINDS } from '../../domain/dead-letter.js';
import { ADJUSTMENT_TYPES } from '../../domain/adjustment.js';
import { FAILURE_REASONS } from '../../domain/failure.js';
import { fulfilmentStatusOf, FULFILMENT_STATUSES } from '../../domain/fulfilment.js';
import {
  capturedMinor,
  refundedMinor,
  waitingFor,
  type OpenLetter,
  type OrderRecord,
  type Refund,
  type Review,
} from '../../domain/order-record.js';
import { WAITS_FOR } from '../../domain/order-waiting.js';
import { ORDER_STATUSES } from '../../domain/order.js';
import {
  ATTEMPT_TRANSITIONS,
  REFUND_TRANSITIONS,
  type AttemptState,
  type RefundState,
} from '../../domain/payment-states.js';
import { fulfilmentJson, fulfilmentJsonSchema } from './fulfilment-json.js';
import { addressJson, addressJsonSchema } from './address-schema.js';
import { ORDER_EXAMPLE, REFUND_EXAMPLE } from './order-example.js';
import { orderIdSchema } from './order-schema.js';
import type { OrderWorkflows } from '../../temporal/start-checkout.js';
import { timestamp } from '../requests/fields.js';
import { listOf } from '../requests/paging.js';

const amount = z.int().min(0);
const attemptStates = Object.keys(ATTEMPT_TRANSITIONS) as AttemptState[];
const refundStates = Object.keys(REFUND_TRANSITIONS) as RefundState[];

const attemptSchema = z
  .object({
    attempt: z.int().min(1),
    state: z.enum(attemptStates),
    tries: z.int().min(0),
    amount_minor: amount,
    captured_minor: amount.nullable().openapi({ description: 'Null while no capture is known.' }),
    reference: z.string().nullable().openapi({ description: "The gateway's own reference." }),
    decline_code: z.string().nullable(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .openapi('PaymentAttempt');

export const refundJsonSchema = z
  .object({
    id: z.string(),
    amount_minor: amount,
    state: z.enum(refundStates),
    reason: z.string(),
    restock: z.boolean(),
    reference: z.string().nullable(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .openapi('Refund', { example: REFUND_EXAMPLE });

export const waitingSchema = z
  .object({
    for: z.enum(WAITS_FOR).openapi({
      description:
        '`review`: a person; `payment_gateway`: the circuit breaker, or a gateway that cannot be asked; `payment_retry`: the ' +
        'next try to charge; `payment_outcome`: the next look-up of a charge whose outcome is unknown.',
    }),
    until: timestamp.nullable().openapi({ description: 'The latest time, or null if it is not known.' }),
  })
  .openapi('Waiting', {
    description: 'What the order waits for; null while it makes progress, and when it is settled.',
  });

const openLetterSchema = z
  .object({
    id: z.string(),
    kind: z.enum(DEAD_LETTER_KINDS),
    step: z.string(),
    subject: z.string(),
    state: z.enum(['open', 'redriving']),
    last_error: z.string(),
    actions: z.array(z.enum(LETTER_ACTIONS)),
    created_at: timestamp,
    links: z.object({ self: z.string() }),
  })
  .openapi('OpenDeadLetter');

const linksSchema = z.object({
  self: z.string(),
  events: z.string(),
  stream: z.string(),
  workflows: z.array(z.object({ id: z.string(), url: z.string().nullable() })).openapi({
    description: "Its workflows' ids, with their pages in Temporal's Web UI if TEMPORAL_UI_URL is set.",
  }),
});

export const orderJsonSchema = z
  .object({
    id: orderIdSchema,
    status: z.enum(ORDER_STATUSES).openapi('OrderStatus'),
    customer_id: z.string(),
    customer_email: z.string().nullable(),
    customer_phone: z.string().nullable(),
    shipping_address: z.union([addressJsonSchema, z.null()]),
    billing_address: z.union([addressJsonSchema, z.null()]),
    currency: z.string(),
    total_minor: amount,
    items: z
      .array(z.object({ sku: z.string(), name: z.string(), quantity: z.int().min(1), unit_price_minor: amount }))
      .openapi({ description: 'One line per SKU, with name and price as they were when the order was accepted.' }),
    adjustments: z
      .array(
        z.object({
          type: z.enum(ADJUSTMENT_TYPES),
          label: z.string(),
          amount_minor: z.int(),
          sku: z.string().nullable().openapi({ description: 'The item that it belongs to; null for the whole order.' }),
        }),
      )
      .openapi({ description: 'The total is the sum of the items and of these.' }),
    payment: z.object({
      method: z.string(),
      state: z.enum(['none', ...attemptStates, 'partially_refunded', 'refunded']),
      captured_minor: amount,
      refunded_minor: amount,
      attempts: z.array(attemptSchema),
    }),
    refunds: z.array(refundJsonSchema),
    fulfilment_status: z.enum(FULFILMENT_STATUSES).openapi({ description: 'How much of the order has shipped.' }),
    fulfilments: z.array(fulfilmentJsonSchema),
    failure: z
      .object({ step: z.enum(['screen', 'reserve', 'charge']), reason: z.enum(FAILURE_REASONS), detail: z.string() })
      .nullable()
      .openapi({ description: 'Why the order failed.' }),
    cancel_requested: z.boolean(),
    cancel_reason: z.string().nullable(),
    review: z
      .object({
        state: z.enum(['waiting', 'approved', 'rejected', 'expired']),
        by: timestamp.nullable().openapi({ description: 'When a pending review expires.' }),
      })
      .optional()
      .openapi({ description: 'For orders that a fraud check flagged for review.' }),
    hold_expires_at: timestamp.nullable().openapi({
      description: 'Until when its stock is reserved; a payment under way extends it. Null when nothing is reserved.',
    }),
    waiting: waitingSchema.nullable(),
    actions: z
      .array(z.enum(ORDER_ACTIONS))
      .openapi({ description: 'What may be asked of the order as it is now. Another request can come first.' }),
    dead_letters: z
      .array(openLetterSchema)
      .openapi({ description: 'What of the order needs a person now, oldest first.' }),
    metadata: z.record(z.string(), z.string()),
    version: z.int().min(1).openapi({ description: 'Increases with each change of status.' }),
    created_at: timestamp,
    updated_at: timestamp,
    links: linksSchema,
  })
  .openapi('Order', { example: ORDER_EXAMPLE });

export const orderListSchema = listOf('OrderList', orderJsonSchema);

export type OrderJson = z.infer<typeof orderJsonSchema>;

/** Where an order's workflows can be looked at. */
export type WorkflowPages = Pick<OrderWorkflows, 'pagesOf'>;

/** An order as the API shows it: snake_case, money in minor units, times in RFC 3339. */
export function orderJson(record: OrderRecord, { pagesOf }: WorkflowPages): OrderJson {
  const { order } = record;
  return {
    id: order.orderId,
    status: record.status,
    customer_id: order.customerId,
    customer_email: order.customerEmail ?? null,
    customer_phone: order.customerPhone ?? null,
    shipping_address: addressJson(order.shippingAddress),
    billing_address: addressJson(order.billingAddress),
    currency: order.currency,
    total_minor: order.totalMinor,
    items: order.lines.map((line) => ({
      sku: line.sku,
      name: line.name,
      quantity: line.quantity,
      unit_price_minor: line.unitPriceMinor,
    })),
    adjustments: (order.adjustments ?? []).map(({ type, label, amountMinor, sku = null }) => {
      return { type, label, amount_minor: amountMinor, sku };
    }),
    payment: {
      method: order.paymentMethod,
      state: paymentState(record),
      captured_minor: capturedMinor(record),
      refunded_minor: refundedMinor(record),
      attempts: record.attempts.map((attempt) => ({
        attempt: attempt.attempt,
        state: attempt.state,
        tries: attempt.tries,
        amount_minor: attempt.amountMinor,
        captured_minor: attempt.capturedMinor,
        reference: attempt.reference,
        decline_code: attempt.declineCode,
        created_at: attempt.createdAt,
        updated_at: attempt.updatedAt,
      })),
    },
    refunds: record.refunds.map((refund) => refundJson(refund)),
    fulfilment_status: fulfilmentStatusOf(record.status, record.fulfilments),
    fulfilments: record.fulfilments.map((fulfilment) => fulfilmentJson(fulfilment)),
    failure: record.failure,
    cancel_requested: record.cancelRequested,
    cancel_reason: record.cancelReason,
    ...(record.review === null ? {} : { review: reviewJson(record.review) }),
    hold_expires_at: record.holdExpiresAt,
    waiting: waitingFor(record),
    actions: allowedActions(record),
    dead_letters: record.deadLetters.map((letter) => openLetterJson(letter)),
    metadata: order.metadata,
    version: record.version,
    created_at: order.acceptedAt,
    updated_at: record.updatedAt,
    links: {
      self: `/v1/orders/${order.orderId}`,
      events: `/v1/orders/${order.orderId}/events`,
      stream: `/v1/orders/${order.orderId}/stream`,
      workflows: pagesOf(record),
    },
  };
}

function openLetterJson(letter: OpenLetter): OrderJson['dead_letters'][number] {
  const { id, kind, step, subject, state, lastError, createdAt } = letter;
  return {
    id,
    kind,
    step,
    subject,
    state: state === 'open' ? 'open' : 'redriving',
    last_error: lastError,
    actions: letterActions(letter),
    created_at: createdAt,
    links: { self: `/v1/dead-letters/${id}` },
  };
}

/** A refund as the API shows it. */
export function refundJson(refund: Refund): z.infer<typeof refundJsonSchema> {
  return {
    id: refund.id,
    amount_minor: refund.amountMinor,
    state: refund.state,
    reason: refund.reason,
    restock: refund.restock,
    reference: refund.reference,
    created_at: refund.createdAt,
    updated_at: refund.updatedAt,
  };
}

const REVIEW_STATES = { approve: 'approved', reject: 'rejected', expired: 'expired' } as const;

function reviewJson({ decision, deadline }: Review): OrderJson['review'] {
  return { state: decision === null ? 'waiting' : REVIEW_STATES[decision], by: deadline };
}

/** The payment state of the order, in one word. */
function paymentState(record: OrderRecord): OrderJson['payment']['state'] {
  const captured = capturedMinor(record);
  if (captured === 0) return record.attempts.at(-1)?.state ?? 'none';
  const refunded = refundedMinor(record);
  if (refunded === 0) return 'captured';
  return refunded < captured ? 'partially_refunded' : 'refunded';
}
