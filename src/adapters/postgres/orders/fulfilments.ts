import { sql } from 'kysely';
import type { CheckoutLine } from '../../../domain/checkout.js';
import { areUnshipped, unshippedOf, type Fulfilment, type RequestedFulfilment } from '../../../domain/fulfilment.js';
import type { Admission, AdmissionRefusal } from '../../../domain/outcomes.js';
import { mayShip } from '../../../domain/returns.js';
import { actorJson } from '../actors.js';
import { lockOrder } from '../order-lock.js';
import type { Tx } from '../pool.js';
import { addToTrail } from './add-event.js';
import { requestedCancel } from './cancel-requests.js';
import { moveOrder } from './move-order.js';
import { forgetReturns, returnsOf } from './return-rows.js';

/** Ships some or all of a confirmed order, once per parcel; the last one completes it. */
export async function createFulfilment(tx: Tx, requested: RequestedFulfilment): Promise<Admission> {
  const { orderId, fulfilmentId, fingerprint, actor } = requested;
  const order = await lockOrder(tx, orderId);
  const refused = (code: AdmissionRefusal): Admission => ({ kind: 'refused', code, status: order?.status ?? null });
  if (order === undefined) return refused('not_found');
  const known = await tx
    .selectFrom('fulfilments')
    .select('fingerprint')
    .where('fulfilment_id', '=', fulfilmentId)
    .where('order_id', '=', orderId)
    .executeTakeFirst();
  if (known !== undefined) {
    return known.fingerprint === fingerprint ? { kind: 'admitted' } : refused('idempotency_conflict');
  }
  if (order.status !== 'confirmed') return refused('not_fulfillable');
  if (await requestedCancel(tx, orderId, order)) return refused('not_fulfillable');
  const returns = await returnsOf(tx, orderId);
  if (!mayShip(returns)) return refused('goods_returned');

  const unshipped = await unshippedRows(tx, orderId);
  const items = requested.items ?? unshipped;
  if (!areUnshipped(items, unshipped)) return refused('exceeds_unshipped');
  if (returns.refunds.length > 0) await forgetReturns(tx, orderId);
  await insertFulfilment(tx, requested, items);
  if (unshippedOf(unshipped, [{ items }]).length === 0) {
    await moveOrder(tx, orderId, { to: 'completed', event: 'order.completed', actor });
  }
  return { kind: 'admitted' };
}

/** Ships the rest of a locked order of which something has shipped. */
export async function shipTheRest(tx: Tx, orderId: string, actor: RequestedFulfilment['actor']): Promise<void> {
  const parcel = {
    fulfilmentId: `rest-${orderId}`,
    fingerprint: '',
    carrier: null,
    trackingNumber: null,
    trackingUrl: null,
  };
  const items = await unshippedRows(tx, orderId);
  await insertFulfilment(tx, { ...parcel, orderId, ...(actor === undefined ? {} : { actor }) }, items);
}

async function unshippedRows(tx: Tx, orderId: string): Promise<CheckoutLine[]> {
  const linesOf = (table: 'order_lines' | 'fulfilment_items') =>
    tx.selectFrom(table).select(['sku', 'quantity']).where('order_id', '=', orderId).orderBy('sku').execute();
  return unshippedOf(await linesOf('order_lines'), [{ items: await linesOf('fulfilment_items') }]);
}

async function insertFulfilment(
  tx: Tx,
  { orderId, fulfilmentId, fingerprint, carrier, trackingNumber, trackingUrl, actor }: RequestedFulfilment,
  items: readonly CheckoutLine[],
): Promise<void> {
  const parcel = { carrier, tracking_number: trackingNumber, tracking_url: trackingUrl };
  await tx
    .insertInto('fulfilments')
    .values({ fulfilment_id: fulfilmentId, order_id: orderId, fingerprint, ...parcel, actor: actorJson(actor) })
    .execute();
  const rows = items.map(({ sku, quantity }) => ({ fulfilment_id: fulfilmentId, order_id: orderId, sku, quantity }));
  await tx.insertInto('fulfilment_items').values(rows).execute();
  await tx.updateTable('orders').set({ shipping: true }).where('order_id', '=', orderId).execute();
  await addToTrail(tx, orderId, 'fulfilment.created', { fulfilment_id: fulfilmentId, items, ...parcel }, actor);
}

/** SQL for the parcels of an order, for reading it. */
export const FULFILMENTS = sql<Fulfilment[]>`(
  select coalesce(json_agg(json_build_object(
           'id', f.fulfilment_id, 'carrier', f.carrier, 'trackingNumber', f.tracking_number, 'trackingUrl', f.tracking_url,
           'fingerprint', f.fingerprint,
           'createdAt', to_char(f.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
           'items', (select json_agg(json_build_object('sku', i.sku, 'quantity', i.quantity) order by i.sku)
                     from fulfilment_items i where i.fulfilment_id = f.fulfilment_id))
         order by f.created_at, f.fulfilment_id), '[]')
  from fulfilments f where f.order_id = o.order_id)`;
