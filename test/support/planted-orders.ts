import { randomUUID } from 'node:crypto';
import type { Database } from '../../src/adapters/postgres/pool.js';
import type { OrderStatus } from '../../src/domain/order.js';

/** The events of an order that ended in, or has got to, each status. */
const TRAILS: Record<OrderStatus, string[]> = {
  pending: ['order.created'],
  in_review: ['order.created', 'order.in_review'],
  reserved: ['order.created', 'inventory.reserved'],
  payment_unknown: ['order.created', 'inventory.reserved', 'payment.unknown'],
  confirmed: ['order.created', 'inventory.reserved', 'order.confirmed'],
  completed: ['order.created', 'inventory.reserved', 'order.confirmed', 'order.completed'],
  compensating: ['order.created', 'inventory.reserved', 'order.compensating'],
  failed: ['order.created', 'inventory.reserved', 'order.compensating', 'order.failed'],
  cancelling: ['order.created', 'inventory.reserved', 'order.confirmed', 'order.cancelling'],
  cancelled: ['order.created', 'inventory.reserved', 'order.confirmed', 'order.cancelling', 'order.cancelled'],
};

const AFTERMATHS: Record<OrderStatus, { reservation?: string; attempt?: string; moves?: [string, number, number][] }> =
  {
    pending: {},
    in_review: {},
    reserved: { reservation: 'active', moves: [['reserve', 0, 2]] },
    payment_unknown: { reservation: 'active', attempt: 'unknown', moves: [['reserve', 0, 2]] },
    confirmed: { reservation: 'committed', attempt: 'captured', moves: [['commit', -2, 0]] },
    completed: { reservation: 'committed', attempt: 'captured', moves: [['commit', -2, 0]] },
    compensating: { reservation: 'active', attempt: 'declined', moves: [['reserve', 0, 2]] },
    failed: { reservation: 'released', attempt: 'declined', moves: [] },
    cancelling: { reservation: 'committed', attempt: 'captured', moves: [['commit', -2, 0]] },
    cancelled: { reservation: 'restocked', attempt: 'captured', moves: [] },
  };

/**
 * Writes the rows of an order of two product-A, 3998 EUR, as its steps would have left them `age` ago (an interval of
 * PostgreSQL).
 * @returns its id
 */
export async function plantOrder({ pool }: Database, status: OrderStatus, age = '1 day'): Promise<string> {
  const id = `t-${randomUUID()}`;
  const trail = TRAILS[status];
  const { reservation, attempt, moves = [] } = AFTERMATHS[status];
  const at = `now() - interval '${age}'`;
  const statements = [
    `insert into orders (order_id, owner, status, version, fingerprint, request_id, customer_id, currency, total_minor,
       payment_method, metadata, failure, created_at, updated_at, review_by)
     values ('${id}', 'run-1', '${status}', ${trail.length}, 'f', 'r', 'customer-1', 'EUR', 3998, 'pm_ok', '{}',
       ${status === 'failed' ? `'{"step":"charge","reason":"payment_declined","detail":"declined"}'` : 'null'},
       ${at}, ${at}, ${status === 'in_review' ? "now() + interval '1 hour'" : 'null'})`,
    `insert into order_lines values ('${id}', 'product-A', 'Notebook', 2, 1999)`,
    ...trail.map(
      (type, index) => `insert into order_events (order_id, seq, type) values ('${id}', ${index + 1}, '${type}')`,
    ),
  ];
  if (reservation !== undefined) {
    statements.push(
      `insert into reservations (order_id, sku, quantity, state, expires_at, created_at, updated_at)
       values ('${id}', 'product-A', 2, '${reservation}', now() + interval '10 minutes', ${at}, ${at})`,
    );
  }
  for (const [kind, onHand, reserved] of moves) {
    statements.push(
      `insert into stock_movements (sku, order_id, kind, on_hand_delta, reserved_delta)
       values ('product-A', '${id}', '${kind}', ${onHand}, ${reserved})`,
      `update stock set on_hand = on_hand + ${onHand}, reserved = reserved + ${reserved} where sku = 'product-A'`,
    );
  }
  if (attempt !== undefined) {
    const captured = attempt === 'captured';
    statements.push(
      `insert into payment_attempts (order_id, attempt, owner, idempotency_key, amount_minor, currency, state, tries,
         reference, captured_minor, captured_currency, created_at, updated_at)
       values ('${id}', 1, 'run-1', '${id}:charge:1', 3998, 'EUR', '${attempt}', 1,
         ${captured ? `'ch_${id}', 3998, 'EUR'` : 'null, null, null'}, ${at}, ${at})`,
    );
    if (captured) {
      statements.push(
        `insert into payments (order_id, attempt, amount_minor, currency, reference)
         values ('${id}', 1, 3998, 'EUR', 'ch_${id}')`,
      );
    }
  }
  if (status === 'cancelled') {
    statements.push(
      `insert into refunds (idempotency_key, refund_id, order_id, attempt, amount_minor, currency, state, created_at)
       values ('${id}:charge:1:undo', 'undo-${id}-1', '${id}', 1, 3998, 'EUR', 'succeeded', ${at})`,
    );
  }
  if (status === 'payment_unknown') {
    statements.push(
      `insert into dead_letters (order_id, kind, step, error_class, last_error)
       values ('${id}', 'payment_unknown', 'charge', 'ChargeUnknown', 'not known')`,
    );
  }
  await pool.query(statements.join(';\n'));
  return id;
}
