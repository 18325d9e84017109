import type { Stack } from './stack.js';
import { eventually } from './end-state.js';

/**
 * Holds what a statement locks while others queue for it, each in its turn, and until `meanwhile` is done.
 * @returns their results, in the order of the queue: the answers of several connections arrive in any order
 */
export async function whileLocked<Result>(
  { database }: Stack,
  lock: { text: string; values: unknown[] },
  waiting: readonly (() => Promise<Result>)[],
  meanwhile: () => Promise<unknown> = async () => {},
): Promise<Result[]> {
  const client = await database.pool.connect();
  const queued: Promise<Result>[] = [];
  try {
    await client.query('begin');
    await client.query(lock);
    for (const start of waiting) {
      queued.push(start());
      await eventually(
        () => waitingFor({ database }),
        (count) => count === queued.length,
      );
    }
    await meanwhile();
    await client.query('commit');
  } finally {
    client.release();
  }
  return Promise.all(queued);
}

/** How many sessions of this database wait for a lock. */
async function waitingFor({ database }: Pick<Stack, 'database'>): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows[0]?.count ?? 0;
}

export const orderRow = (orderId: string) => ({
  text: 'select from orders where order_id = $1 for update',
  values: [orderId],
});

export const stockRow = (sku: string) => ({ text: 'select from stock where sku = $1 for update', values: [sku] });
