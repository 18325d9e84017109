import { setTimeout as realTime } from 'node:timers/promises';
import { describe, expect } from '@jest/globals';
import { createFakeBooks } from '../support/fake-books.js';
import { ambiguous, captured, createFakeGateway } from '../support/fake-gateway.js';
import { anOrder } from '../support/orders.js';
import { openStage, test } from './stage.js';

const stage = openStage();

describe('a charge', () => {
  test('R7: that was never executed is sent again under the same key, once the look-up has found nothing', async () => {
    const gateway = createFakeGateway({
      charge: (request, call) => (call === 1 ? ambiguous : captured(request)),
    });
    const { outcome, order } = await stage.run({ gateway });
    expect(outcome).toEqual({ status: 'confirmed' });
    expect(gateway.calls.map(({ key }) => key)).toEqual(Array(2).fill(`${order.orderId}:charge:1`));
    expect(gateway.lookups).toHaveLength(1);
  });

  test('is sent again no sooner than the gateway asked for, even if it asked in the first try', async () => {
    const at: number[] = [];
    const gateway = createFakeGateway({
      charge: async (request, call) => {
        at.push(await stage.now());
        return call <= 2 ? { kind: 'not_executed', reason: 'later', retryAfterMs: 40_000 } : captured(request);
      },
    });
    const { outcome } = await stage.run({ gateway });
    expect(outcome).toEqual({ status: 'confirmed' });
    const [first = 0, second = 0, third = 0] = at;
    expect(second - first).toBeGreaterThanOrEqual(40_000);
    expect(third - second).toBeGreaterThanOrEqual(40_000);
    expect(third - first).toBeLessThan(120_000);
  });

  test('is given up unsent at the payment deadline when the gateway asks for more time than that', async () => {
    const gateway = createFakeGateway({
      charge: () => ({ kind: 'not_executed', reason: 'later', retryAfterMs: 3_600_000 }),
    });
    const started = await stage.now();
    const { outcome } = await stage.run({ gateway });
    const waited = (await stage.now()) - started;
    expect(outcome).toMatchObject({ failure: { reason: 'payment_unavailable' } });
    expect(gateway.calls).toHaveLength(1);
    expect(waited).toBeGreaterThanOrEqual(15 * 60_000);
    expect(waited).toBeLessThan(16 * 60_000);
  });

  test('R16: is not sent when the time to pay was over before it, and the order ends as expired', async () => {
    const books = createFakeBooks();
    const ports = () => ({
      charges: { ...books.charges, claim: async () => ({ kind: 'answered', outcome: { kind: 'expired' } }) as const },
    });
    const { outcome, entry, gateway, letters } = await stage.run({ books, ports });
    expect(outcome).toMatchObject({ status: 'failed', failure: { step: 'charge', reason: 'expired' } });
    expect(entry).toMatchObject({ held: 'expired', trail: ['pending', 'reserved', 'compensating', 'failed'] });
    expect([gateway.calls.length, gateway.lookups.length]).toEqual([0, 0]);
    expect(books.stock).toEqual({ 'product-A': 10 });
    expect(letters).toEqual([]);
  });

  test('R7: that outlives its first, local try is confirmed once, with one charge at the gateway', async () => {
    const gateway = createFakeGateway({
      charge: async (request, call) => {
        if (call === 1) await realTime(700);
        return captured(request);
      },
    });
    const { outcome, entry } = await stage.run({ gateway, policy: { firstTryTimeoutMs: 300 } });
    expect(outcome).toEqual({ status: 'confirmed' });
    expect(entry.attempts).toHaveLength(1);
    expect(gateway.ledger.size).toBe(1);
  });

  test('R8: that succeeds while our database cannot be written is found again and recorded once', async () => {
    let writes = 0;
    const { outcome, gateway, entry } = await stage.run({
      ports: ({ charges }) => ({
        charges: {
          ...charges,
          captured: async (...args) => {
            writes += 1;
            if (writes <= 2) throw new Error('the database is unavailable');
            return charges.captured(...args);
          },
        },
      }),
    });
    expect(outcome).toEqual({ status: 'confirmed' });
    expect(gateway.calls).toHaveLength(1);
    expect(gateway.moves).toHaveLength(1);
    expect(entry.trail).toEqual(['pending', 'reserved', 'confirmed']);
  });

  test('R11: that is declined after a doubtful send is looked up before the order fails', async () => {
    const gateway = createFakeGateway({
      charge: (_request, call) => (call === 1 ? ambiguous : { kind: 'declined', code: 'card_declined' }),
      lookup: (_key, call) => (call === 1 ? { kind: 'not_found' } : { kind: 'declined', code: 'card_declined' }),
    });
    const { outcome, entry } = await stage.run({ gateway });
    expect(outcome).toMatchObject({ failure: { reason: 'payment_declined', detail: 'card_declined' } });
    expect(gateway.lookups).toHaveLength(2);
    expect(entry.attempts).toMatchObject([{ state: 'declined' }]);
  });

  test.each([
    ['amount', { amountMinor: 1 }],
    ['currency', { currency: 'USD' }],
  ])(
    "of another %s than the order's is sent back, and the order fails as payment_mismatch",
    async (_what, difference) => {
      const gateway = createFakeGateway({ charge: (request) => ({ ...captured(request), ...difference }) });
      const { outcome, entry, books } = await stage.run({ gateway });
      expect(outcome).toMatchObject({ status: 'failed', failure: { step: 'charge', reason: 'payment_mismatch' } });
      expect(entry.trail).toEqual(['pending', 'reserved', 'compensating', 'failed']);
      expect(entry.refunds).toMatchObject([{ state: 'succeeded', ...('amountMinor' in difference ? difference : {}) }]);
      expect(books.stock).toEqual({ 'product-A': 10 });
    },
  );

  test('R16: that comes after the reservation was lost is refunded, and the order fails as out_of_stock', async () => {
    const order = anOrder();
    const books = createFakeBooks();
    const gateway = createFakeGateway({
      charge: (request) => {
        books.entry(order.orderId).held = 'expired';
        books.stock['product-A'] = 1;
        return captured(request);
      },
    });
    const { outcome } = await stage.run({ order, books, gateway });
    expect(outcome).toMatchObject({ status: 'failed', failure: { reason: 'out_of_stock' } });
    expect(gateway.kept()).toBe(0);
    expect(gateway.moves).toHaveLength(2);
    expect(books.stock).toEqual({ 'product-A': 1 });
  });

  test('R16: that comes after the reservation was lost confirms the order if the stock can be reserved again', async () => {
    const order = anOrder();
    const books = createFakeBooks();
    const gateway = createFakeGateway({
      charge: (request) => {
        books.entry(order.orderId).held = 'expired';
        books.stock['product-A'] = 3;
        return captured(request);
      },
    });
    const { outcome } = await stage.run({ order, books, gateway });
    expect(outcome).toEqual({ status: 'confirmed' });
    expect(books.stock).toEqual({ 'product-A': 1 });
  });
});

stage.replaysEverything();
