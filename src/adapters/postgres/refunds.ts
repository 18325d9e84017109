import { sql } from 'kysely';
import type { RefundResult } from '../../activities/payments.js';
import type { RefundStore } from '../../activities/refunds.js';
import { chargeKey, undoRefundKey } from '../../domain/ids.js';
import { lockOrder } from './order-row.js';
import type { Database } from './pool.js';

export function createRefundStore(database: Database): RefundStore {
  return {
    async due({ orderId, owner }) {
      return database.kysely.transaction().execute(async (tx) => {
        const order = await lockOrder(tx, orderId);
        if (order?.owner !== owner || !['compensating', 'cancelling'].includes(order.status)) return [];

        const captured = await tx
          .selectFrom('payment_attempts')
          .select(['attempt', 'captured_minor', 'captured_currency'])
          .where('order_id', '=', orderId)
          .where('state', '=', 'captured')
          .execute();
        for (const { attempt, captured_minor, captured_currency } of captured) {
          if (captured_minor === null || captured_minor === 0 || captured_currency === null) continue;
          await tx
            .insertInto('refunds')
            .values({
              idempotency_key: undoRefundKey(orderId, attempt),
              order_id: orderId,
              attempt,
              amount_minor: captured_minor,
              currency: captured_currency,
              state: 'pending',
            })
            .onConflict((conflict) => conflict.doNothing())
            .execute();
        }

        const due = await tx
          .selectFrom('refunds')
          .selectAll()
          .where('order_id', '=', orderId)
          .where('state', '<>', 'succeeded')
          .execute();
        return due.map((refund) => ({
          key: refund.idempotency_key,
          chargeKey: chargeKey(orderId, refund.attempt),
          orderId,
          amountMinor: refund.amount_minor,
          currency: refund.currency,
        }));
      });
    },

    async record(key, result) {
      await database.kysely
        .updateTable('refunds')
        .set({ ...columnsOf(result), updated_at: sql<Date>`now()` })
        .where('idempotency_key', '=', key)
        .where('state', '<>', 'succeeded')
        .execute();
    },
  };
}

function columnsOf(result: RefundResult) {
  switch (result.kind) {
    case 'refunded':
      return { state: 'succeeded', reference: result.reference, last_error: null } as const;
    case 'refused':
      return { state: 'failed', last_error: result.code } as const;
    case 'not_executed':
      return { last_error: result.reason };
    case 'ambiguous':
      return { state: 'unknown', last_error: result.reason } as const;
  }
}
