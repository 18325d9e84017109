import { describe, expect } from '@jest/globals';
import { captured, createFakeGateway, notExecuted } from '../support/fake-gateway.js';
import { cancels, openStage, test, until } from './stage.js';

const MINUTE = 60_000;
const refused = { kind: 'refused', retryAfterMs: MINUTE } as const;
const stage = openStage();

describe('a gateway behind an open breaker', () => {
  test('costs an order no try: one failure, minutes of refusals and three more failures are four sends', async () => {
    const sends: number[] = [];
    const gateway = createFakeGateway({
      charge: (_request, call) => {
        if (call >= 2 && call <= 6) return refused;
        sends.push(call);
        return notExecuted;
      },
    });
    const started = await stage.now();
    const { outcome, entry, letters } = await stage.run({ gateway });
    expect(outcome).toMatchObject({ status: 'failed', failure: { reason: 'payment_unavailable' } });
    expect(sends).toHaveLength(4);
    expect(entry.attempts).toMatchObject([{ tries: 4, state: 'not_charged' }]);
    expect((await stage.now()) - started).toBeGreaterThanOrEqual(5 * MINUTE);
    expect(letters).toEqual(['charge open']);
  });

  test('is waited for, and the order is confirmed with one send when it is back', async () => {
    const gateway = createFakeGateway({ charge: (request, call) => (call <= 5 ? refused : captured(request)) });
    const { outcome, entry } = await stage.run({ gateway });
    expect(outcome).toEqual({ status: 'confirmed' });
    expect(entry.attempts).toMatchObject([{ tries: 1 }]);
    expect(gateway.moves).toHaveLength(1);
  });

  test('R36: for longer than the payment deadline fails the order as payment_unavailable with nothing ever sent', async () => {
    const gateway = createFakeGateway({ charge: () => refused });
    const started = await stage.now();
    const { outcome, entry, books, letters } = await stage.run({ gateway });
    const waited = (await stage.now()) - started;
    expect(outcome).toMatchObject({ status: 'failed', failure: { reason: 'payment_unavailable' } });
    expect(waited).toBeGreaterThanOrEqual(15 * MINUTE);
    expect(waited).toBeLessThan(17 * MINUTE);
    expect(entry.attempts).toMatchObject([{ tries: 0, state: 'not_charged' }]);
    expect(entry.trail).toEqual(['pending', 'reserved', 'compensating', 'failed']);
    expect(books.stock).toEqual({ 'product-A': 10 });
    expect(letters).toEqual(['charge open']);
  });

  test('is not asked all the time when it does not say when to come back', async () => {
    const gateway = createFakeGateway({ charge: () => ({ kind: 'refused', retryAfterMs: 0 }) });
    const { outcome } = await stage.run({ gateway, policy: { paymentDeadlineMs: MINUTE } });
    expect(outcome).toMatchObject({ failure: { reason: 'payment_unavailable' } });
    expect(gateway.calls.length).toBeLessThanOrEqual(61);
  });

  test.each(cancels)('is no longer waited for when %s cancels the order', async (_by, cancel, reason) => {
    const gateway = createFakeGateway({ charge: () => refused });
    const { outcome, books, entry } = await stage.run({ gateway }, async (handle) => {
      await until(() => gateway.calls.length === 1);
      await cancel(handle);
    });
    expect(outcome).toEqual({ status: 'cancelled', reason });
    expect(gateway.calls).toHaveLength(1);
    expect(entry.attempts).toMatchObject([{ tries: 0, state: 'not_charged' }]);
    expect(books.stock).toEqual({ 'product-A': 10 });
  });
});

stage.replaysEverything();
