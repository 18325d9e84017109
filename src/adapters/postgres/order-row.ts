import { sql } from 'kysely';
import { statusesBefore, type AcceptedOrder, type OrderStatus } from '../../domain/order.js';
import type { Tx } from './pool.js';

/** The columns of an order's row that come from its checkout, and, in the same order, the values for them. */
export const ORDER_COLUMNS =
  'order_id, owner, fingerprint, request_id, customer_id, currency, total_minor, payment_method, metadata, created_at';

export function orderValues(order: AcceptedOrder, owner: string): unknown[] {
  return [
    order.orderId,
    owner,
    order.fingerprint,
    order.requestId,
    order.customerId,
    order.currency,
    order.totalMinor,
    order.paymentMethod,
    JSON.stringify(order.metadata),
    order.acceptedAt,
  ];
}

/** The lines as columns for `unnest(text[], text[], int[], bigint[])`: sku, name, quantity, unit price. */
export function lineArrays({ lines }: AcceptedOrder): unknown[] {
  return [
    lines.map((line) => line.sku),
    lines.map((line) => line.name),
    lines.map((line) => line.quantity),
    lines.map((line) => line.unitPriceMinor),
  ];
}

export interface LockedOrder {
  owner: string;
  status: OrderStatus;
  total_minor: number;
  currency: string;
  payment_method: string;
}

/** Locks the order's row until the transaction ends: every change to an order goes through this lock. */
export async function lockOrder(tx: Tx, orderId: string): Promise<LockedOrder | undefined> {
  return tx
    .selectFrom('orders')
    .select(['owner', 'status', 'total_minor', 'currency', 'payment_method'])
    .where('order_id', '=', orderId)
    .forUpdate()
    .executeTakeFirst();
}

export interface Move {
  to: OrderStatus;
  event: string;
  data?: Record<string, unknown>;
  set?: { failure?: string; cancel_reason?: string };
}

/**
 * Moves a locked order to another status, if the transition table lets it, with its event.
 * @returns whether it moved
 */
export async function moveOrder(tx: Tx, orderId: string, { to, event, data = {}, set = {} }: Move): Promise<boolean> {
  const moved = await tx
    .updateTable('orders')
    .set({ ...set, status: to, version: sql<number>`version + 1`, updated_at: sql<Date>`now()` })
    .where('order_id', '=', orderId)
    .where('status', 'in', statusesBefore(to))
    .returning('version')
    .executeTakeFirst();
  if (moved === undefined) return false;
  await tx
    .insertInto('order_events')
    .values({ order_id: orderId, seq: moved.version, type: event, data: JSON.stringify(data) })
    .execute();
  return true;
}
