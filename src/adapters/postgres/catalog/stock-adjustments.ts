import { sql } from 'kysely';
import type { StockAdjusted, StockAdjustment } from '../../../api/catalog/stock.js';
import { actorJson, type Unattributed } from '../actors.js';
import type { Database, Tx } from '../pool.js';
import { orUnavailable } from '../or-unavailable.js';
import { utc } from '../utc.js';

/** Stock adjustments, and the history of every change. */
export function createStockStore(database: Database) {
  return {
    async adjust(adjustment: Unattributed<StockAdjustment>): Promise<StockAdjusted> {
      return orUnavailable(database.kysely.transaction().execute((tx) => adjust(tx, adjustment)));
    },

    /** Newest first, before `beforeId`; undefined for a SKU without a stock row. */
    async movements(sku: string, limit: number, beforeId?: number) {
      const rows = await orUnavailable(
        database.kysely
          .selectFrom('stock_movements')
          .select(['id', 'kind', 'on_hand_delta as onHandDelta', 'reserved_delta as reservedDelta'])
          .select(['order_id as orderId', 'reason', 'actor', utc('created_at').as('createdAt')])
          .where('sku', '=', sku)
          .$if(beforeId !== undefined, (query) => query.where('id', '<', beforeId ?? 0))
          .orderBy('id', 'desc')
          .limit(limit)
          .execute(),
      );
      if (rows.length > 0) return rows;
      const known = database.kysely.selectFrom('stock').select('sku').where('sku', '=', sku);
      return (await orUnavailable(known.executeTakeFirst())) === undefined ? undefined : rows;
    },
  };
}

async function adjust(
  tx: Tx,
  { sku, delta, reason, idempotencyKey, actor }: Unattributed<StockAdjustment>,
): Promise<StockAdjusted> {
  // The lock also serializes two requests with the same key.
  const stock = await tx
    .selectFrom('stock')
    .select(['sku', 'on_hand as onHand', 'reserved'])
    .where('sku', '=', sku)
    .forUpdate()
    .executeTakeFirst();
  if (stock === undefined) return { kind: 'unknown_sku' };

  // The same key for two products makes two keys: no SKU has a line break, and the SKU in the first form has no colon.
  const key = `${sku}${sku.includes(':') ? '\n' : ':'}${idempotencyKey}`;
  const before = await tx
    .selectFrom('stock_movements')
    .select(['on_hand_delta', 'reason'])
    .where('idempotency_key', '=', key)
    .executeTakeFirst();
  if (before !== undefined) {
    const same = before.on_hand_delta === delta && before.reason === reason;
    return same ? { kind: 'replayed', stock } : { kind: 'conflict' };
  }

  if (stock.onHand + delta < stock.reserved) return { kind: 'below_reserved', stock };
  const changed = await tx
    .updateTable('stock')
    .set({ on_hand: sql<number>`on_hand + ${delta}` })
    .where('sku', '=', sku)
    .returning(['sku', 'on_hand as onHand', 'reserved'])
    .executeTakeFirstOrThrow();
  await tx
    .insertInto('stock_movements')
    .values({
      sku,
      kind: 'adjust',
      on_hand_delta: delta,
      reserved_delta: 0,
      reason,
      idempotency_key: key,
      actor: actorJson(actor),
    })
    .execute();
  return { kind: 'adjusted', stock: changed };
}
