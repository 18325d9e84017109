import { randomUUID } from 'node:crypto';
import { createCatalog } from '../../../src/adapters/postgres/catalog/catalog.js';
import { createDeadLetterDecisionStore } from '../../../src/adapters/postgres/dead-letters/dead-letter-decision-store.js';
import { createDeadLetterStore } from '../../../src/adapters/postgres/dead-letters/dead-letter-store.js';
import { createChargeStore } from '../../../src/adapters/postgres/money/charge-store.js';
import { createGatewayEventStore } from '../../../src/adapters/postgres/money/gateway-event-store.js';
import { createRefundStore } from '../../../src/adapters/postgres/money/refund-store.js';
import { createOrderStore } from '../../../src/adapters/postgres/orders/order-store.js';
import { createReservationStore } from '../../../src/adapters/postgres/orders/reservation-store.js';
import { createScreeningStore } from '../../../src/adapters/postgres/orders/screening-store.js';
import type { Database } from '../../../src/adapters/postgres/pool.js';
import type { Books, Entry } from './books.js';

const SETTLING_MS = 60_000;

/** The books as production keeps them. */
export function createPostgresBooks(database: Database): Books {
  const { kysely, pool } = database;
  const gatewayEvents = createGatewayEventStore(database);
  const time = { isSettling: false };
  const ms = () => (time.isSettling ? SETTLING_MS : 0);
  return {
    reservations: createReservationStore(database),
    charges: createChargeStore(database),
    refunds: createRefundStore(database),
    gatewayEvents,
    screenings: createScreeningStore(database),
    orders: createOrderStore(database),
    deadLetters: createDeadLetterStore(database),
    settling: (isSo) => void (time.isSettling = isSo),
    sendWindowMs: ms,
    settlingTimeMs: ms,

    async product(onHand) {
      const sku = `sku-${randomUUID()}`;
      await createCatalog(database).seed([{ sku, name: sku, currency: 'EUR', unitPriceMinor: 100, onHand }]);
      return sku;
    },

    async available(sku) {
      const stock = await kysely.selectFrom('stock').selectAll().where('sku', '=', sku).executeTakeFirstOrThrow();
      return stock.on_hand - stock.reserved;
    },

    async arrive(event) {
      const empty = { gateway: 'fake', type: 'charge.captured', chargeKey: null, refundKey: null, orderId: null };
      await gatewayEvents.store({ ...empty, ...event });
    },

    async keep({ deadLetterId, happened, reference, note }) {
      await createDeadLetterDecisionStore(database).giveEvidence(deadLetterId, { happened, reference, note });
    },

    async loseHold(orderId) {
      await pool.query(
        `with lost as (
           update reservations set state = 'released' where order_id = $1 and state = 'active' returning sku, quantity
         ), freed as (
           update stock s set reserved = s.reserved - lost.quantity from lost where s.sku = lost.sku
         )
         insert into stock_movements (sku, order_id, kind, on_hand_delta, reserved_delta)
         select sku, $1, 'release', 0, -quantity from lost`,
        [orderId],
      );
    },

    async entry(orderId): Promise<Entry> {
      const order = await kysely
        .selectFrom('orders')
        .selectAll()
        .where('order_id', '=', orderId)
        .executeTakeFirstOrThrow();
      const held = await kysely
        .selectFrom('reservations')
        .select('state')
        .distinct()
        .where('order_id', '=', orderId)
        .execute();
      const attempts = await kysely
        .selectFrom('payment_attempts')
        .selectAll()
        .where('order_id', '=', orderId)
        .orderBy('attempt')
        .execute();
      const payment = await kysely
        .selectFrom('payments')
        .select('attempt')
        .where('order_id', '=', orderId)
        .executeTakeFirst();
      const refunds = await kysely
        .selectFrom('refunds')
        .selectAll()
        .where('order_id', '=', orderId)
        .orderBy('created_at')
        .execute();
      const letters = await kysely
        .selectFrom('dead_letters')
        .selectAll()
        .where('order_id', '=', orderId)
        .orderBy('created_at')
        .execute();
      return {
        status: order.status,
        version: order.version,
        metadata: order.metadata,
        owner: order.owner,
        cancelReason: order.cancel_reason,
        held: held.map(({ state }) => state),
        attempts: attempts.map(({ attempt, owner, state, doubtful, tries, captured_minor: capturedMinor }) => ({
          attempt,
          owner,
          state,
          doubtful,
          tries,
          capturedMinor,
        })),
        paidBy: payment?.attempt ?? null,
        refunds: refunds.map((refund) => ({
          refundId: refund.refund_id,
          key: refund.idempotency_key,
          attempt: refund.attempt,
          amountMinor: refund.amount_minor,
          state: refund.state,
          restock: refund.restock,
        })),
        letters: letters.map(({ id, kind, subject, state, last_error: lastError }) => ({
          id,
          kind,
          subject,
          state,
          lastError,
        })),
      };
    },
  };
}
