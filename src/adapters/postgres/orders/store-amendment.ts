import { sql } from 'kysely';
import { isChangeable, type OrderChanges, type RequestedChange } from '../../../domain/order-change.js';
import type { Admission } from '../../../domain/outcomes.js';
import { lockOrder } from '../order-lock.js';
import type { Tx } from '../pool.js';
import { addToTrail } from './add-event.js';

/** Changes a locked order once. Its event says which fields, never what they are: events are kept. */
export async function amendOrder(
  tx: Tx,
  { orderId, changeId, expected, changes, actor }: RequestedChange,
): Promise<Admission> {
  const order = await lockOrder(tx, orderId);
  if (order === undefined) throw new Error(`order ${orderId} has no row yet`);
  const row = tx.selectFrom('orders').select('version').where('order_id', '=', orderId);
  const { version } = await row.executeTakeFirstOrThrow();
  const events = tx.selectFrom('order_events').select('seq').where('order_id', '=', orderId);
  const isDone = events.where('type', '=', 'order.amended').where(sql`data ->> 'change_id'`, '=', changeId);
  if ((await isDone.executeTakeFirst()) !== undefined) return { kind: 'admitted' };

  const { status } = order;
  if (expected !== undefined && !expected.includes(version)) return { kind: 'refused', code: 'stale', status };
  if (!isChangeable(status) || order.cancel_requested || order.shipping)
    return { kind: 'refused', code: 'not_changeable', status };
  const columns = columnsOf(changes);
  await tx.updateTable('orders').set(columns).where('order_id', '=', orderId).execute();
  await addToTrail(tx, orderId, 'order.amended', { change_id: changeId, fields: Object.keys(columns) }, actor);
  return { kind: 'admitted' };
}

function columnsOf({ shippingAddress, billingAddress, customerPhone, metadata }: OrderChanges) {
  return {
    ...(shippingAddress === undefined ? {} : { shipping_address: shippingAddress && JSON.stringify(shippingAddress) }),
    ...(billingAddress === undefined ? {} : { billing_address: billingAddress && JSON.stringify(billingAddress) }),
    ...(customerPhone === undefined ? {} : { customer_phone: customerPhone }),
    ...(metadata === undefined ? {} : { metadata: JSON.stringify(metadata) }),
  };
}
