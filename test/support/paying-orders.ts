import { createChargeStore } from '../../src/adapters/postgres/money/charge-store.js';
import { createReservationStore } from '../../src/adapters/postgres/orders/reservation-store.js';
import type { Database } from '../../src/adapters/postgres/pool.js';
import type { AcceptedOrder } from '../../src/domain/order.js';
import { anOrder } from './orders.js';

const TTL_MS = 60_000;

export const CALL = { latencyMs: 1 };
export const FIRST_RUN = 'run-1';

/** Orders that the real stores have taken as far as their charge. */
export function createPayingOrders(database: Database) {
  const charges = createChargeStore(database);

  return {
    async reserved(overrides: Partial<AcceptedOrder> = {}) {
      const order = anOrder(overrides);
      const run = { orderId: order.orderId, owner: FIRST_RUN };
      await createReservationStore(database).reserveInventory({ order, owner: run.owner, ttlMs: TTL_MS });
      return { order, run };
    },

    /** With its first charge written down as sent; nothing further may be sent under this claim. */
    async sent(overrides: Partial<AcceptedOrder> = {}) {
      const { order, run } = await this.reserved(overrides);
      await charges.claim(run, 0, TTL_MS);
      const { totalMinor: amountMinor, currency } = order;
      return { order, run, capture: { kind: 'captured', reference: 'ch_1', amountMinor, currency } as const };
    },

    claim: (run: { orderId: string; owner: string }) => charges.claim(run, 0, TTL_MS),

    /** Gives the order to another run, as a redrive or a recovery does. */
    async handOver(orderId: string, owner = 'run-2') {
      await database.kysely.updateTable('orders').set({ owner }).where('order_id', '=', orderId).execute();
      return { orderId, owner };
    },

    /** All that an order has left behind. */
    async traces(orderId: string) {
      const of = async (text: string) => (await database.pool.query<Record<string, unknown>>(text, [orderId])).rows;
      const [order] = await of('select status, owner, version, failure from orders where order_id = $1');
      const attempts = await of(
        'select attempt, state, doubtful from payment_attempts where order_id = $1 order by attempt',
      );
      const payments = await of('select amount_minor, currency from payments where order_id = $1');
      const held = await of('select sku, quantity, state from reservations where order_id = $1 order by sku');
      const moves = await of('select kind from stock_movements where order_id = $1 order by id');
      const events = await of('select type from order_events where order_id = $1 order by seq');
      return {
        order,
        attempts,
        payments,
        held,
        moves: moves.map(({ kind }) => kind),
        events: events.map(({ type }) => type),
      };
    },

    async stock(sku: string) {
      return database.kysely
        .selectFrom('stock')
        .select(['on_hand', 'reserved'])
        .where('sku', '=', sku)
        .executeTakeFirstOrThrow();
    },
  };
}

export type PayingOrders = ReturnType<typeof createPayingOrders>;
