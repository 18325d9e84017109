import { randomUUID } from 'node:crypto';
import type { Database } from '../../src/adapters/postgres/pool.js';
import { chargeKey } from '../../src/domain/ids.js';
import type { AcceptedOrder, OrderStatus } from '../../src/domain/order.js';

export const OWNER = 'run-1';

export function anAcceptedOrder(overrides: Partial<AcceptedOrder> = {}): AcceptedOrder {
  return {
    orderId: `order_${randomUUID()}`,
    customerId: `customer_${randomUUID()}`,
    currency: 'EUR',
    lines: [{ sku: 'product-A', name: 'Notebook', quantity: 1, unitPriceMinor: 10_000 }],
    totalMinor: 10_000,
    paymentMethod: 'pm_ok',
    metadata: {},
    fingerprint: 'fingerprint',
    requestId: 'request',
    acceptedAt: new Date().toISOString(),
    ...overrides,
  };
}

/** Rows of orders as they are in the middle of their lives, written without the stores that lead there. */
export function createOrderRows({ kysely }: Database) {
  return {
    /** An order of 100.00 EUR. Attempts are numbered from 1; a captured one holds all its money. */
    async insert(status: OrderStatus, captures: number[] = []): Promise<string> {
      const { orderId, ...order } = anAcceptedOrder();
      await kysely
        .insertInto('orders')
        .values({
          order_id: orderId,
          owner: OWNER,
          status,
          version: 1,
          fingerprint: order.fingerprint,
          request_id: order.requestId,
          customer_id: order.customerId,
          currency: order.currency,
          total_minor: order.totalMinor,
          payment_method: order.paymentMethod,
          metadata: JSON.stringify({}),
          created_at: new Date(order.acceptedAt),
          ...(status === 'failed'
            ? { failure: JSON.stringify({ step: 'charge', reason: 'payment_unavailable', detail: 'none' }) }
            : {}),
        })
        .execute();
      for (const [index, amount] of captures.entries()) await this.insertCapture(orderId, index + 1, amount);
      return orderId;
    },

    /** The same with the payment that confirmed it, under attempt 1. */
    async insertPaid(status: OrderStatus = 'confirmed', amount = 10_000): Promise<string> {
      const orderId = await this.insert(status, [amount]);
      await kysely
        .insertInto('payments')
        .values({ order_id: orderId, attempt: 1, amount_minor: amount, currency: 'EUR', reference: 'ch_1' })
        .execute();
      return orderId;
    },

    async insertCapture(orderId: string, attempt: number, amount: number): Promise<void> {
      await kysely
        .insertInto('payment_attempts')
        .values({
          order_id: orderId,
          attempt,
          owner: OWNER,
          idempotency_key: chargeKey(orderId, attempt),
          amount_minor: amount,
          currency: 'EUR',
          state: 'captured',
          reference: `ch_${attempt}`,
          captured_minor: amount,
          captured_currency: 'EUR',
        })
        .execute();
    },

    setStatus: (orderId: string, status: OrderStatus) =>
      kysely.updateTable('orders').set({ status }).where('order_id', '=', orderId).execute(),

    order: (orderId: string) =>
      kysely.selectFrom('orders').selectAll().where('order_id', '=', orderId).executeTakeFirstOrThrow(),

    refunds: (orderId: string) =>
      kysely
        .selectFrom('refunds')
        .selectAll()
        .where('order_id', '=', orderId)
        .orderBy('created_at')
        .orderBy('refund_id')
        .execute(),

    letters: (orderId: string) =>
      kysely.selectFrom('dead_letters').selectAll().where('order_id', '=', orderId).orderBy('id').execute(),

    async events(orderId: string): Promise<string[]> {
      const rows = await kysely
        .selectFrom('order_events')
        .select('type')
        .where('order_id', '=', orderId)
        .orderBy('seq')
        .execute();
      return rows.map(({ type }) => type);
    },
  };
}

export type OrderRows = ReturnType<typeof createOrderRows>;
