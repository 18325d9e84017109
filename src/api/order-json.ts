import { capturedMinor, refundedMinor, type OrderRecord, type Refund, type Review } from '../domain/order-record.js';

/** An order as the API shows it: snake_case, money in minor units, times in RFC 3339. */
export function orderJson(record: OrderRecord) {
  const { order } = record;
  return {
    id: order.orderId,
    status: record.status,
    customer_id: order.customerId,
    customer_email: order.customerEmail ?? null,
    currency: order.currency,
    total_minor: order.totalMinor,
    items: order.lines.map((line) => ({
      sku: line.sku,
      name: line.name,
      quantity: line.quantity,
      unit_price_minor: line.unitPriceMinor,
    })),
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
    failure: record.failure,
    cancel_requested: record.cancelRequested,
    cancel_reason: record.cancelReason,
    ...(record.review === null ? {} : { review: reviewJson(record.review) }),
    metadata: order.metadata,
    version: record.version,
    created_at: order.acceptedAt,
    updated_at: record.updatedAt,
    links: {
      self: `/v1/orders/${order.orderId}`,
      events: `/v1/orders/${order.orderId}/events`,
      stream: `/v1/orders/${order.orderId}/stream`,
    },
  };
}

/** A refund as the API shows it. */
export function refundJson(refund: Refund) {
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

function reviewJson({ decision, deadline }: Review) {
  return { state: decision === null ? 'waiting' : REVIEW_STATES[decision], by: deadline };
}

/** How it stands with the order's money, in one word. */
function paymentState(record: OrderRecord): string {
  const captured = capturedMinor(record);
  if (captured === 0) return record.attempts.at(-1)?.state ?? 'none';
  const refunded = refundedMinor(record);
  if (refunded === 0) return 'captured';
  return refunded < captured ? 'partially_refunded' : 'refunded';
}
