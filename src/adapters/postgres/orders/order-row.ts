// An order's row, lines, stock and events: how they are placed, moved and read.
// Never money: that is in `money`.

import type { AcceptedOrder, Undone } from '../../../domain/order.js';
import { actorJson } from '../actors.js';
import type { LockedOrder } from '../order-lock.js';
import { prepared, type Database } from '../pool.js';
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

// The row gets its number under the lock, and is visible to all others before they get the lock.
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

/** Writes the order's row, its lines and its first event, unless they exist. */
export async function placeOrder(database: Database, order: AcceptedOrder, owner: string): Promise<void> {
  await place(database, placingValues(order, owner));
}

/** The same, one order per customer at a time: an order with a higher number sees all lower ones. */
export async function placeOrderInTurn(database: Database, order: AcceptedOrder, owner: string): Promise<void> {
  await placeInTurn(database, placingValues(order, owner));
}

/** How an order ends that is being undone or has been; undefined for any other. */
export function endingOf(order: Pick<LockedOrder, 'status' | 'failure' | 'cancel_reason'>): Undone | undefined {
  const { status, failure, cancel_reason: reason } = order;
  if (status === 'cancelling' || status === 'cancelled') {
    return { status: 'cancelled', reason: reason ?? 'cancelled' };
  }
  const isFailing = status === 'compensating' || status === 'failed';
  return isFailing && failure !== null ? { status: 'failed', failure } : undefined;
}
