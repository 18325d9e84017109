import type { Failure } from '../../domain/failure.js';
import type { OrderStatus } from '../../domain/order.js';
import type { Tx } from './pool.js';

export interface LockedOrder {
  owner: string;
  status: OrderStatus;
  total_minor: number;
  currency: string;
  payment_method: string;
  failure: Failure | null;
  cancel_reason: string | null;
  cancel_requested: boolean;
  /** Something of it has left for the customer. */
  shipping: boolean;
}

/** Locks the order's row until the transaction ends: every change to an order goes through this lock. */
export async function lockOrder(tx: Tx, orderId: string): Promise<LockedOrder | undefined> {
  return tx
    .selectFrom('orders')
    .select(['owner', 'status', 'total_minor', 'currency', 'payment_method', 'failure'])
    .select(['cancel_reason', 'cancel_requested', 'shipping'])
    .where('order_id', '=', orderId)
    .forUpdate()
    .executeTakeFirst();
}
