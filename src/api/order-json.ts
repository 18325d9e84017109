import type { OrderRecord } from '../domain/order-record.js';

/** An order as the API shows it: snake_case, money in minor units, times in RFC 3339. */
export function orderJson({ order, ...record }: OrderRecord) {
  return {
    id: order.orderId,
    status: record.status,
    customer_id: order.customerId,
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
      attempts: record.attempts.map((attempt) => ({
        attempt: attempt.attempt,
        state: attempt.state,
        tries: attempt.tries,
        amount_minor: attempt.amountMinor,
        reference: attempt.reference,
        decline_code: attempt.declineCode,
        created_at: attempt.createdAt,
        updated_at: attempt.updatedAt,
      })),
    },
    refunds: record.refunds.map((refund) => ({
      amount_minor: refund.amountMinor,
      state: refund.state,
      reference: refund.reference,
      created_at: refund.createdAt,
      updated_at: refund.updatedAt,
    })),
    failure: record.failure,
    cancel_reason: record.cancelReason,
    metadata: order.metadata,
    version: record.version,
    created_at: order.acceptedAt,
    updated_at: record.updatedAt,
    links: { self: `/v1/orders/${order.orderId}` },
  };
}
