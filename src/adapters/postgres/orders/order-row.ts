// An order's row, lines, stock and events: how they are placed, moved and read.
// Never money: that is in `money`.

import { sql } from 'kysely';
import { isSettled, statusesBefore, type AcceptedOrder, type OrderStatus, type Undone } from '../../../domain/order.js';
import { actorIn, actorJson, type EventActor } from '../actors.js';
import type { LockedOrder } from '../order-lock.js';
import { prepared, type Database, type Tx } from '../pool.js';
import { ORDER_COLUMNS, orderParameter, orderParameters, orderValues } from './order-columns.js';

/** SQL: the lines of an order, from the parameters `$2` to `$5`. */
export const LINES = 'unnest($2::text[], $3::text[], $4::int[], $5::bigint[])';

/** The values for those parameters. */
export function lineArrays({ lines }: AcceptedOrder): unknown[] {
  return [
    lines.map((line) => line.sku),
    lines.map((line) => line.name),
    lines.map((line) => line.quantity),
    lines.map((line) => line.unitPriceMinor),
  ];
}

// Distinguishes these locks from others in the same database.
const CUSTOMER_TURN = 1_720_001;

const placing = (turn: string) => `
   with ${turn} placed as (
     insert into orders (order_id, ${ORDER_COLUMNS}, status, version)
     select $1, ${orderParameters(7)}, 'pending', 1
     ${turn === '' ? '' : 'from turn'}
     on conflict (order_id) do nothing returning order_id
   ), lines as (
     insert into order_lines (order_id, sku, name, quantity, unit_price_minor)
     select order_id, l.*
     from placed, ${LINES} as l(sku, name, quantity, unit_price_minor)
   )
   insert into order_events (order_id, seq, type, actor)
   select order_id, 1, 'order.created', $6::jsonb from placed`;

const place = prepared('place', placing(''));

// The row gets its number after the lock, and is there for all others before they have it.
const placeInTurn = prepared(
  'place-in-turn',
  placing(
    `turn as materialized (
       select pg_advisory_xact_lock(${CUSTOMER_TURN}, hashtext(${orderParameter('customer_id', 7)}::text))),`,
  ),
);

const placingValues = (order: AcceptedOrder, owner: string) => [
  order.orderId,
  ...lineArrays(order),
  actorJson(order.actor),
  ...orderValues(order, owner),
];

/** Writes the order's row, its lines and its first event, unless they are there. */
export async function placeOrder(database: Database, order: AcceptedOrder, owner: string): Promise<void> {
  await place(database, placingValues(order, owner));
}

/** The same, one order of a customer after another: an order with a higher number sees all the lower ones. */
export async function placeOrderInTurn(database: Database, order: AcceptedOrder, owner: string): Promise<void> {
  await placeInTurn(database, placingValues(order, owner));
}

/** What an order that is being undone, or has been, ends as; undefined for any other. */
export function endingOf(order: Pick<LockedOrder, 'status' | 'failure' | 'cancel_reason'>): Undone | undefined {
  const { status, failure, cancel_reason: reason } = order;
  if (status === 'cancelling' || status === 'cancelled') {
    return { status: 'cancelled', reason: reason ?? 'cancelled' };
  }
  const isFailing = status === 'compensating' || status === 'failed';
  return isFailing && failure !== null ? { status: 'failed', failure } : undefined;
}

export interface Move {
  to: OrderStatus;
  event: string;
  data?: Record<string, unknown>;
  actor?: EventActor;
  set?: { owner?: string; failure?: string | null; cancel_reason?: string; cancel_requested?: boolean };
}

/**
 * Moves a locked order to another status, if the transition table lets it, with its event.
 * @returns whether it moved
 */
export async function moveOrder(
  tx: Tx,
  orderId: string,
  { to, event, data = {}, actor, set = {} }: Move,
): Promise<boolean> {
  const moved = await tx
    .updateTable('orders')
    .set({ ...set, status: to, version: sql<number>`version + 1`, updated_at: sql<Date>`now()` })
    .$if(isSettled(to), (query) => query.set({ settled_at: sql<Date>`coalesce(settled_at, now())` }))
    .where('order_id', '=', orderId)
    .where('status', 'in', statusesBefore(to))
    .returning('version')
    .executeTakeFirst();
  if (moved === undefined) return false;
  await tx
    .insertInto('order_events')
    .values({ order_id: orderId, seq: moved.version, type: event, data: JSON.stringify(data), actor: actorIn(actor) })
    .execute();
  return true;
}
