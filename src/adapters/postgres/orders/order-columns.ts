import type { Selectable } from 'kysely';
import type { AcceptedOrder, OrderLine } from '../../../domain/order.js';
import type { Tables } from '../tables.js';

interface Column {
  type: string;
  value: (order: AcceptedOrder, owner: string) => unknown;
}

/** The columns of an order's row that come from its checkout, except its id. Add new ones here and to `orderOf`. */
const COLUMNS: Readonly<Record<string, Column>> = {
  owner: { type: 'text', value: (_order, owner) => owner },
  fingerprint: { type: 'text', value: (order) => order.fingerprint },
  request_id: { type: 'text', value: (order) => order.requestId },
  customer_id: { type: 'text', value: (order) => order.customerId },
  customer_email: { type: 'text', value: (order) => order.customerEmail ?? null },
  customer_phone: { type: 'text', value: (order) => order.customerPhone ?? null },
  shipping_address: { type: 'jsonb', value: (order) => order.shippingAddress && JSON.stringify(order.shippingAddress) },
  billing_address: { type: 'jsonb', value: (order) => order.billingAddress && JSON.stringify(order.billingAddress) },
  currency: { type: 'text', value: (order) => order.currency },
  total_minor: { type: 'bigint', value: (order) => order.totalMinor },
  adjustments: { type: 'jsonb', value: (order) => order.adjustments && JSON.stringify(order.adjustments) },
  payment_method: { type: 'text', value: (order) => order.paymentMethod },
  metadata: { type: 'jsonb', value: (order) => JSON.stringify(order.metadata) },
  created_at: { type: 'timestamptz', value: (order) => order.acceptedAt },
};

const names = Object.keys(COLUMNS);

export const ORDER_COLUMNS = names.join(', ');

/** SQL: a parameter for each of the columns, numbered from `first`. */
export function orderParameters(first: number): string {
  return Object.values(COLUMNS)
    .map(({ type }, index) => `$${first + index}::${type}`)
    .join(', ');
}

/** SQL: the parameter of one of them. */
export function orderParameter(column: string, first: number): string {
  return `$${first + names.indexOf(column)}`;
}

/** The values for those parameters. */
export function orderValues(order: AcceptedOrder, owner: string): unknown[] {
  return Object.values(COLUMNS).map(({ value }) => value(order, owner));
}

/** The checkout in an order's row. */
export function orderOf(row: Selectable<Tables['orders']> & { lines: OrderLine[] }): AcceptedOrder {
  return {
    orderId: row.order_id,
    customerId: row.customer_id,
    ...(row.customer_email === null ? {} : { customerEmail: row.customer_email }),
    ...(row.customer_phone === null ? {} : { customerPhone: row.customer_phone }),
    ...(row.shipping_address === null ? {} : { shippingAddress: row.shipping_address }),
    ...(row.billing_address === null ? {} : { billingAddress: row.billing_address }),
    currency: row.currency,
    lines: row.lines,
    ...(row.adjustments === null ? {} : { adjustments: row.adjustments }),
    totalMinor: row.total_minor,
    paymentMethod: row.payment_method,
    metadata: row.metadata,
    fingerprint: row.fingerprint,
    requestId: row.request_id,
    acceptedAt: row.created_at.toISOString(),
  };
}
