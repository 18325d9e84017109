import type { Database } from '../../src/adapters/postgres/pool.js';
import { isSettled, type OrderStatus } from '../../src/domain/order.js';

export interface SeenLetter {
  id: string;
  kind: string;
  state: string;
  subject: string;
}

export interface SeenRefund {
  id: string;
  key: string;
  /** How many keys it has had. */
  number: number;
  attempt: number;
  amount: number;
  state: string;
  restock: boolean;
}

/** An order as the books had it at one moment. */
export interface SeenOrder {
  id: string;
  status: OrderStatus;
  version: number;
  total: number;
  reason: string | null;
  review: string | null;
  attempts: { attempt: number; key: string; state: string; captured: number | null }[];
  payment: { attempt: number; amount: number } | null;
  refunds: SeenRefund[];
  reservations: { sku: string; quantity: number; state: string }[];
  letters: SeenLetter[];
}

export interface SeenStock {
  sku: string;
  onHand: number;
  reserved: number;
  movedOnHand: number;
  movedReserved: number;
}

/** What the books say about one run's orders and products: one statement, so one moment. */
export interface Observation {
  orders: ReadonlyMap<string, SeenOrder>;
  stock: ReadonlyMap<string, SeenStock>;
}

export const NOTHING: Observation = { orders: new Map(), stock: new Map() };

const OBSERVE = `
  select (
    select coalesce(json_agg(json_build_object(
      'id', o.order_id, 'status', o.status, 'version', o.version, 'total', o.total_minor,
      'reason', o.failure->>'reason', 'review', o.review->>'decision',
      'attempts', (select coalesce(json_agg(json_build_object('attempt', a.attempt, 'key', a.idempotency_key,
                     'state', a.state, 'captured', a.captured_minor) order by a.attempt), '[]')
                   from payment_attempts a where a.order_id = o.order_id),
      'payment', (select json_build_object('attempt', p.attempt, 'amount', p.amount_minor)
                  from payments p where p.order_id = o.order_id),
      'refunds', (select coalesce(json_agg(json_build_object('id', r.refund_id, 'key', r.idempotency_key,
                    'attempt', r.attempt, 'number', r.number, 'amount', r.amount_minor, 'state', r.state, 'restock', r.restock)), '[]')
                  from refunds r where r.order_id = o.order_id),
      'reservations', (select coalesce(json_agg(json_build_object('sku', v.sku, 'quantity', v.quantity,
                         'state', v.state)), '[]') from reservations v where v.order_id = o.order_id),
      'letters', (select coalesce(json_agg(json_build_object('id', d.id, 'kind', d.kind, 'state', d.state,
                    'subject', d.subject) order by d.created_at, d.id), '[]')
                  from dead_letters d where d.order_id = o.order_id)
    )), '[]') from orders o where o.order_id = any($1)
  ) as orders, (
    select coalesce(json_agg(json_build_object(
      'sku', s.sku, 'onHand', s.on_hand, 'reserved', s.reserved,
      'movedOnHand', (select coalesce(sum(m.on_hand_delta), 0) from stock_movements m where m.sku = s.sku),
      'movedReserved', (select coalesce(sum(m.reserved_delta), 0) from stock_movements m where m.sku = s.sku)
    )), '[]') from stock s where s.sku = any($2)
  ) as stock`;

export async function observe({ pool }: Database, orderIds: string[], skus: string[]): Promise<Observation> {
  const { rows } = await pool.query<{ orders: SeenOrder[]; stock: SeenStock[] }>(OBSERVE, [orderIds, skus]);
  const [row] = rows;
  return {
    orders: new Map(row?.orders.map((order) => [order.id, order])),
    stock: new Map(row?.stock.map((level) => [level.sku, level])),
  };
}

/** An order without a row is only accepted. */
export function statusOf({ orders }: Observation, orderId: string): OrderStatus {
  return orders.get(orderId)?.status ?? 'pending';
}

export function isOver(seen: Observation, orderId: string): boolean {
  return isSettled(statusOf(seen, orderId));
}

export function openLetters({ orders }: Observation): (SeenLetter & { orderId: string })[] {
  return [...orders.values()].flatMap(({ id, letters }) =>
    letters.filter(({ state }) => state === 'open').map((letter) => ({ ...letter, orderId: id })),
  );
}
