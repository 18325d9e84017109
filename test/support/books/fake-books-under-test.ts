import { randomUUID } from 'node:crypto';
import { createFakeBooks } from '../fake-books.js';
import type { Books } from './books.js';

const SETTLING_MS = 60_000;

/** The books of the workflow tests, as their behavior is tested. */
export function createFakeBooksUnderTest(): Books {
  const stock: Record<string, number> = {};
  const books = createFakeBooks(stock);
  const ms = () => books.settling.inMs;
  return {
    ...books,
    settling: (isSo) => void (books.settling.inMs = isSo ? SETTLING_MS : 0),
    sendWindowMs: ms,
    settlingTimeMs: ms,
    async product(onHand) {
      const sku = `sku-${randomUUID()}`;
      stock[sku] = onHand;
      return sku;
    },
    available: async (sku) => stock[sku] ?? 0,
    arrive: async (event) => books.gatewayEvents.arrive(event),
    // What people say reaches these books through the workflow alone.
    keep: async () => {},
    loseHold: async (orderId) => books.loseHold(orderId),
    async entry(orderId) {
      const found = books.entry(orderId);
      return {
        status: found.status,
        version: found.version,
        metadata: found.order.metadata,
        owner: found.owner,
        cancelReason: found.cancelReason ?? null,
        held: found.held === 'none' ? [] : [found.held],
        attempts: found.attempts.map(({ attempt, owner, state, doubtful, tries, captured }) => ({
          attempt,
          owner,
          state,
          doubtful,
          tries,
          capturedMinor: captured?.amountMinor ?? null,
        })),
        paidBy: found.settledBy ?? null,
        refunds: found.refunds.map(({ refundId, key, attempt, amountMinor, state, restock = false }) => ({
          refundId,
          key,
          attempt,
          amountMinor,
          state,
          restock,
        })),
        letters: books.lettersOf(orderId).map(({ id, kind, subject, state, lastError }) => ({
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
