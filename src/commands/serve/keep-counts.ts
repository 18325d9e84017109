import type { Logger } from 'pino';
import type { OrderCountStore } from '../../adapters/postgres/orders/order-counts.js';

const INTERVAL_MS = 10_000;

/**
 * Adds recent changes to the counts of orders, every few seconds. The counts are right without it; it keeps them cheap
 * to read.
 * @returns a function that stops it after the current batch
 */
export function keepCounts(
  { fold }: Pick<OrderCountStore, 'fold'>,
  log: Pick<Logger, 'warn'>,
  intervalMs: number = INTERVAL_MS,
): () => Promise<void> {
  const ending = new AbortController();
  let work = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const foldAll = async (): Promise<void> => {
    try {
      while (!ending.signal.aborted && (await fold()));
    } catch (err) {
      log.warn({ err }, 'the order counts could not be updated; trying again soon');
    }
    if (!ending.signal.aborted) schedule();
  };
  const schedule = (): void => {
    timer = setTimeout(() => {
      work = foldAll();
    }, intervalMs);
  };
  schedule();

  return async () => {
    ending.abort();
    clearTimeout(timer);
    await work;
  };
}
