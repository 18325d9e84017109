import { describe, expect } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import type { LookupResult } from '../../src/activities/payments.js';
import { news } from '../../src/workflows/contract.js';
import { ambiguous, captured, createFakeGateway, processing } from '../support/fake-gateway.js';
import { anOrder } from '../support/orders.js';
import { timersOf } from './run-histories.js';
import { cancels, comesTrue, openStage, test, until, type Act } from './stage.js';

const HOUR_S = 3_600;
const stage = openStage();

/** A charge that was sent and not answered; look-ups say `truth`, or that it is still being processed. */
function silentGateway() {
  const truth: { value: LookupResult } = { value: processing };
  const gateway = createFakeGateway({ charge: () => ambiguous, lookup: () => truth.value });
  const tell = (key: string, { totalMinor: amountMinor, currency }: Act['order']) => {
    gateway.take({ key, orderId: '', amountMinor, currency, method: '' });
    truth.value = captured({ key, amountMinor, currency });
  };
  return { gateway, truth, tell };
}

const isUnknown = ({ books, order }: Act) => {
  return until(() => books.has(order.orderId) && books.entry(order.orderId).status === 'payment_unknown');
};
const chargeKeyOf = ({ order }: Act) => `${order.orderId}:charge:1`;

describe('a charge whose outcome is unknown', () => {
  test('R10: is looked up after growing pauses of an hour at most, after 72 hours once a day, and never sent again', async () => {
    const order = anOrder();
    const lookups = 12 + 71 + 3;
    const gateway = createFakeGateway({
      charge: () => ambiguous,
      lookup: (key, call) =>
        call <= lookups ? processing : captured({ key, amountMinor: order.totalMinor, currency: order.currency }),
    });
    const { outcome, handle, letters, entry, runs } = await stage.run({ order, gateway });
    expect(outcome).toEqual({ status: 'confirmed' });

    // The first timer is the pause before the retry of the charge; its own look-up was the first one.
    const [, ...pauses] = timersOf(await runs(handle));
    const growing = pauses.slice(0, 12);
    expect(growing).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048]);
    const hourly = pauses.slice(12).filter((pause) => pause === HOUR_S);
    expect(hourly.length * HOUR_S + 4_095).toBeGreaterThanOrEqual(72 * HOUR_S);
    expect((hourly.length - 1) * HOUR_S + 4_095).toBeLessThan(72 * HOUR_S);
    const daily = pauses.slice(12 + hourly.length);
    expect(daily.length).toBeGreaterThanOrEqual(1);
    expect(new Set(daily)).toEqual(new Set([24 * HOUR_S]));

    expect(gateway.calls).toHaveLength(1);
    expect(entry.trail).toEqual(['pending', 'reserved', 'payment_unknown', 'confirmed']);
    expect(letters).toEqual(['payment_unknown resolved']);
  });

  test('R29: has an open dead letter from the start, and holds its stock', async () => {
    const { gateway, tell } = silentGateway();
    const { outcome } = await stage.run({ gateway }, async (_handle, act) => {
      await isUnknown(act);
      expect(act.letters()).toEqual(['payment_unknown open']);
      await act.sleep('20 hours');
      expect(act.letters()).toEqual(['payment_unknown open']);
      expect(act.entry().held).toBe('active');
      tell(chargeKeyOf(act), act.order);
    });
    expect(outcome).toEqual({ status: 'confirmed' });
  });

  test('R9: is looked up immediately after a gateway event', async () => {
    const { gateway, tell } = silentGateway();
    const { outcome } = await stage.run({ gateway }, async (handle, act) => {
      await isUnknown(act);
      await act.sleep('10 hours');
      tell(chargeKeyOf(act), act.order);
      const asked = gateway.lookups.length;
      await handle.signal(news, { kind: 'look' });
      await until(() => act.entry().status === 'confirmed');
      expect(gateway.lookups.length).toBe(asked + 1);
    });
    expect(outcome).toEqual({ status: 'confirmed' });
    expect(gateway.moves).toHaveLength(1);
  });

  test.each([
    [true, { status: 'confirmed' }, 8],
    [false, { status: 'failed', failure: { reason: 'payment_unavailable' } }, 10],
  ])('R10: is settled by the evidence of a person; charged: %s', async (happened, ending, left) => {
    const { gateway } = silentGateway();
    const { outcome, books, letters } = await stage.run({ gateway }, async (handle, act) => {
      await isUnknown(act);
      const [letter] = act.books.lettersOf(act.order.orderId);
      const evidence = {
        about: 'charge',
        deadLetterId: letter?.id ?? '',
        happened,
        reference: 'seen-it',
        note: 'looked it up',
      } as const;
      await handle.signal(news, { kind: 'evidence', evidence });
    });
    expect(outcome).toMatchObject(ending);
    expect(books.stock).toEqual({ 'product-A': left });
    expect(letters).toEqual(happened ? ['payment_unknown resolved'] : ['payment_unknown resolved', 'charge open']);
  });

  test('is not taken for uncharged while the gateway may still be settling', async () => {
    const { gateway, truth } = silentGateway();
    truth.value = { kind: 'not_found' };
    const { outcome } = await stage.run({ gateway }, async (_handle, act) => {
      act.books.settling.inMs = 3_600_000;
      await act.sleep('5 hours');
      await isUnknown(act);
      expect(act.entry().status).toBe('payment_unknown');
      act.books.settling.inMs = 0;
    });
    expect(outcome).toMatchObject({ failure: { reason: 'payment_unavailable' } });
  });

  test('R36: is not taken for uncharged while the gateway cannot be asked, and confirms when it can', async () => {
    const bank = { isDown: true };
    const gateway = createFakeGateway({
      charge: () => ambiguous,
      lookup(key) {
        if (bank.isDown) throw new Error('connection refused');
        const request = gateway.ledger.get(key);
        return request === undefined ? { kind: 'not_found' } : captured(request);
      },
    });
    const { outcome, entry, letters } = await stage.run({ gateway }, async (_handle, act) => {
      await until(() => gateway.calls.length === 1);
      // Long past the payment deadline, and the time in which a look-up that finds nothing would settle it.
      await act.sleep('5 hours');
      expect(gateway.lookups.length).toBeGreaterThan(5);
      expect(act.entry()).toMatchObject({ status: 'payment_unknown', held: 'active' });
      gateway.take({
        key: chargeKeyOf(act),
        orderId: '',
        amountMinor: act.order.totalMinor,
        currency: 'EUR',
        method: '',
      });
      bank.isDown = false;
    });
    expect(outcome).toEqual({ status: 'confirmed' });
    expect(entry.trail).toEqual(['pending', 'reserved', 'payment_unknown', 'confirmed']);
    expect(letters).toEqual(['payment_unknown resolved']);
  });

  test('R19: treats an event that comes before the answer of the charge only as a hint', async () => {
    const sent: { handle?: WorkflowHandle } = {};
    const gateway = createFakeGateway({
      charge: async (request) => {
        await comesTrue(() => sent.handle !== undefined);
        await sent.handle?.signal(news, { kind: 'look' });
        return captured(request);
      },
    });
    const { outcome, entry } = await stage.run({ gateway }, async (handle) => void (sent.handle = handle));
    expect(outcome).toEqual({ status: 'confirmed' });
    expect(entry.trail).toEqual(['pending', 'reserved', 'confirmed']);
    expect(gateway.moves).toHaveLength(1);
  });

  describe.each(cancels)('and is cancelled by %s', (_by, cancel, reason) => {
    test('R13: is awaited, and what was taken goes back once', async () => {
      const { gateway, tell } = silentGateway();
      const { outcome, entry, books, letters } = await stage.run({ gateway }, async (handle, act) => {
        await isUnknown(act);
        await cancel(handle);
        await act.sleep('9 hours');
        expect(act.entry()).toMatchObject({ status: 'cancelling', held: 'active' });
        tell(chargeKeyOf(act), act.order);
      });
      expect(outcome).toEqual({ status: 'cancelled', reason });
      expect(entry.trail).toEqual(['pending', 'reserved', 'payment_unknown', 'cancelling', 'cancelled']);
      expect(gateway.moves).toHaveLength(2);
      expect(gateway.kept()).toBe(0);
      expect(books.stock).toEqual({ 'product-A': 10 });
      expect(letters).toEqual(['payment_unknown resolved']);
    });

    test('R13: is awaited, and releases its stock when nothing was taken', async () => {
      const { gateway, truth } = silentGateway();
      const { outcome, books } = await stage.run({ gateway }, async (handle, act) => {
        await isUnknown(act);
        await cancel(handle);
        await act.sleep('2 hours');
        expect(act.entry()).toMatchObject({ status: 'cancelling', held: 'active' });
        truth.value = { kind: 'not_found' };
      });
      expect(outcome).toEqual({ status: 'cancelled', reason });
      expect(gateway.refundCalls).toHaveLength(0);
      expect(books.stock).toEqual({ 'product-A': 10 });
    });
  });
});

stage.replaysEverything();
