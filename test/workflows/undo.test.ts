import { describe, expect } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { news } from '../../src/workflows/contract.js';
import { createFakeBooks } from '../support/fake-books.js';
import { captured, createFakeGateway, notExecuted, refunded, refusal } from '../support/fake-gateway.js';
import { anOrder } from '../support/orders.js';
import type { OrderPolicy } from '../../src/domain/policy.js';
import { cancelHeard, openStage, test, until, type Act, type Scene } from './stage.js';

const stage = openStage();

const HOUR = 3_600_000;

/** Takes the wrong amount, so that the order has to be undone; refuses refunds until told otherwise. */
function stubbornGateway() {
  const bank = { refuses: true };
  const gateway = createFakeGateway({
    charge: (request) => captured({ ...request, amountMinor: 1 }),
    refund: (request) => (bank.refuses ? refusal : refunded(request)),
  });
  return { bank, gateway };
}

const refusedOnce = (act: Act) => until(() => act.letters().includes('refund open'));
const letterOf = ({ books, order }: Act) => books.lettersOf(order.orderId)[0]?.id ?? '';

describe('a refund that the gateway refuses while an order is undone', () => {
  test('R26: keeps the order compensating until its redrive, which sends it under a new key', async () => {
    const { bank, gateway } = stubbornGateway();
    const { outcome, letters, entry } = await stage.run({ gateway }, async (handle, act) => {
      await refusedOnce(act);
      // Not as long as a multiple of its pauses.
      await act.sleep('60 hours');
      expect(act.entry()).toMatchObject({ status: 'compensating', held: 'active' });
      expect(gateway.refundCalls).toHaveLength(1);

      bank.refuses = false;
      await handle.signal(news, { kind: 'redrive', deadLetterId: letterOf(act) });
    });
    expect(outcome).toMatchObject({ failure: { reason: 'payment_mismatch' } });
    expect(new Set(gateway.refundCalls.map(({ key }) => key)).size).toBe(2);
    expect(gateway.refunds.size).toBe(1);
    expect(entry.held).toBe('released');
    expect(letters).toEqual(['refund resolved']);
  });

  test('R26: is sent again by each redrive, and waits again when it is refused again', async () => {
    const { bank, gateway } = stubbornGateway();
    const { letters } = await stage.run({ gateway }, async (handle, act) => {
      await refusedOnce(act);
      await handle.signal(news, { kind: 'redrive', deadLetterId: letterOf(act) });
      await until(() => gateway.refundCalls.length === 2);
      await refusedOnce(act);
      bank.refuses = false;
      await handle.signal(news, { kind: 'redrive', deadLetterId: letterOf(act) });
    });
    expect(gateway.refundCalls).toHaveLength(3);
    expect(letters).toEqual(['refund resolved']);
  });

  test('R26: is settled by the evidence that the money went back, without another call', async () => {
    const { gateway } = stubbornGateway();
    const { outcome, letters } = await stage.run({ gateway }, async (handle, act) => {
      await refusedOnce(act);
      const evidence = {
        about: 'refund',
        deadLetterId: letterOf(act),
        happened: true,
        reference: 'by hand',
        note: 'paid by transfer',
      } as const;
      await handle.signal(news, { kind: 'evidence', evidence });
    });
    expect(outcome.status).toBe('failed');
    expect(gateway.refundCalls).toHaveLength(1);
    expect(letters).toEqual(['refund resolved']);
  });

  test('R31: keeps waiting when Temporal cancels the workflow', async () => {
    const { bank, gateway } = stubbornGateway();
    const { outcome } = await stage.run({ gateway }, async (handle, act) => {
      await refusedOnce(act);
      await handle.cancel();
      await act.sleep('1 hour');
      expect(act.entry().status).toBe('compensating');
      bank.refuses = false;
      await handle.signal(news, { kind: 'redrive', deadLetterId: letterOf(act) });
    });
    expect(outcome.status).toBe('failed');
  });
});

describe('an undo that keeps failing', () => {
  test('R24: opens one dead letter after 10 minutes, continues, and resolves it when it is done', async () => {
    const seen: string[][] = [];
    let tries = 0;
    const gateway = createFakeGateway({ charge: () => ({ kind: 'declined', code: 'no' }) });
    const order = anOrder();
    const started = await stage.now();
    const { outcome, letters, entry } = await stage.run({
      gateway,
      order,
      ports: ({ reservations, deadLetters }) => ({
        reservations: {
          ...reservations,
          releaseInventory: async (run) => {
            tries += 1;
            // With pauses of a minute at most, the 25th try is about 20 minutes later.
            if (tries < 25) throw new Error('the database is unavailable');
            return reservations.releaseInventory(run);
          },
        },
        deadLetters: {
          ...deadLetters,
          openDeadLetter: async (letter) => {
            seen.push([letter.kind, letter.step, String(tries)]);
            return deadLetters.openDeadLetter(letter);
          },
        },
      }),
    });
    expect(outcome.status).toBe('failed');
    expect(tries).toBe(25);
    expect(seen).toHaveLength(1);
    expect(seen[0]?.slice(0, 2)).toEqual(['compensation', 'release']);
    expect(Number(seen[0]?.[2])).toBeLessThan(25);
    expect((await stage.now()) - started).toBeGreaterThan(15 * 60_000);
    expect(entry.held).toBe('released');
    expect(letters).toEqual(['compensation resolved']);
  });

  describe('R24: and waits long before its next try', () => {
    const policy: Partial<OrderPolicy> = {
      retry: { retries: 3, initialIntervalMs: 1_000, backoffCoefficient: 10_000, maximumIntervalMs: 6 * HOUR },
    };
    const declining = () => createFakeGateway({ charge: () => ({ kind: 'declined', code: 'no' }) });

    /** A release that fails while it is broken. */
    function brokenRelease() {
      const release = { isBroken: true, tries: 0 };
      const ports: Scene['ports'] = ({ reservations }) => ({
        reservations: {
          ...reservations,
          releaseInventory: async (run) => {
            release.tries += 1;
            if (release.isBroken) throw new Error('the database is unavailable');
            return reservations.releaseInventory(run);
          },
        },
      });
      return { release, ports };
    }

    /** Lets it fail until its letter is open and its next try hours away. */
    async function failing(act: Act): Promise<void> {
      await act.sleep('20 minutes');
      await until(() => act.letters().includes('compensation open'));
    }

    test('is retried immediately when a look is requested, and its dead letter is resolved when it succeeds', async () => {
      const { release, ports } = brokenRelease();
      const { outcome, letters, entry } = await stage.run(
        { gateway: declining(), policy, ports },
        async (handle, act) => {
          await failing(act);
          expect(release.tries).toBe(2);
          await handle.signal(news, { kind: 'look' });
          await until(() => release.tries === 3);
          expect(act.letters()).toEqual(['compensation open']);

          release.isBroken = false;
          // No time is skipped here: the next try by itself would be hours away.
          await Promise.all([handle.signal(news, { kind: 'look' }), handle.signal(news, { kind: 'look' })]);
          await until(() => act.letters().includes('compensation resolved'));
        },
      );
      expect(outcome.status).toBe('failed');
      expect(entry.held).toBe('released');
      expect(letters).toEqual(['compensation resolved']);
      expect(release.tries).toBe(4);
    });
  });

  test('R25: because refunds get lost on the way sends them under one key until one is taken', async () => {
    const gateway = createFakeGateway({
      charge: (request) => captured({ ...request, amountMinor: 1 }),
      refund: (request, call) => (call < 6 ? { kind: 'ambiguous', reason: 'no answer' } : refunded(request)),
    });
    const { outcome, letters } = await stage.run({ gateway });
    expect(outcome.status).toBe('failed');
    expect(new Set(gateway.refundCalls.map(({ key }) => key)).size).toBe(1);
    expect(gateway.refunds.size).toBe(1);
    expect(letters).toEqual(['refund resolved']);
  });
});

/** Keeps the first call waiting for `wake`, and fails all others meanwhile. */
function asZombie<Args extends unknown[], Result>(step: (...args: Args) => Promise<Result>) {
  const grave: { wake: () => void; late?: Promise<Result> } = { wake: () => {} };
  const call = async (...args: Args): Promise<Result> => {
    if (grave.late !== undefined) throw new Error('the database is unavailable');
    const woken = new Promise<void>((resolve) => void (grave.wake = resolve));
    grave.late = woken.then(() => step(...args));
    return grave.late;
  };
  /** Lets the first call go on. @returns what it comes to */
  const rise = async (): Promise<Result | undefined> => {
    grave.wake();
    return grave.late;
  };
  return { call, rise };
}

describe('a try that Temporal gave up on', () => {
  const policy = { firstTryTimeoutMs: 200 };

  test('R12: and that reserves after the order was undone takes nothing', async () => {
    const books = createFakeBooks();
    const zombie = asZombie(books.reservations.reserveInventory);
    const ports = () => ({ reservations: { ...books.reservations, reserveInventory: zombie.call } });
    await stage.play({ books, policy, ports }, async (act) => {
      const handle = await act.checkOut();
      expect(await handle.result()).toMatchObject({ failure: { reason: 'inventory_unavailable' } });
      const failure = { reason: 'inventory_unavailable' };
      expect(await zombie.rise()).toMatchObject({ kind: 'undoing', ending: { status: 'failed', failure } });
      expect(act.entry()).toMatchObject({ status: 'failed', held: 'none' });
    });
    expect(books.stock).toEqual({ 'product-A': 10 });
  });

  test('R12: and that wants to charge after the order was undone sends nothing', async () => {
    const books = createFakeBooks();
    const zombie = asZombie(books.charges.claim);
    const ports = () => ({ charges: { ...books.charges, claim: zombie.call } });
    await stage.play({ books, policy, ports }, async ({ checkOut, gateway }) => {
      const handle = await checkOut();
      expect(await handle.result()).toMatchObject({ failure: { reason: 'payment_unavailable' } });
      expect(await zombie.rise()).toMatchObject({ kind: 'answered', outcome: { kind: 'undoing' } });
      expect(gateway.calls).toHaveLength(0);
    });
  });

  test('R13: and that has charged when the order is already cancelling is refunded once', async () => {
    const sent: { handle?: WorkflowHandle } = {};
    const gateway = createFakeGateway({
      charge: async (request, call) => {
        if (call === 1) return notExecuted;
        if (sent.handle === undefined) throw new Error('the test has no handle yet');
        await sent.handle.signal('cancelOrder', { reason: 'asked' });
        await cancelHeard(sent.handle);
        return captured(request);
      },
    });
    const { outcome, entry } = await stage.run({ gateway }, async (handle) => void (sent.handle = handle));
    expect(outcome).toEqual({ status: 'cancelled', reason: 'asked' });
    expect(gateway.moves).toHaveLength(2);
    expect(gateway.kept()).toBe(0);
    expect(entry.refunds).toHaveLength(1);
  });

  test('R13: and that has confirmed the order when the cancel comes is refunded once', async () => {
    const sent: { handle?: WorkflowHandle } = {};
    const gateway = createFakeGateway({ charge: (request, call) => (call === 1 ? notExecuted : captured(request)) });
    const ports: Scene['ports'] = ({ charges }) => ({
      charges: {
        ...charges,
        captured: async (...capture) => {
          const known = await charges.captured(...capture);
          if (sent.handle === undefined) throw new Error('the test has no handle yet');
          await sent.handle.signal('cancelOrder', { reason: 'asked' });
          await cancelHeard(sent.handle);
          return known;
        },
      },
    });
    const { outcome, entry } = await stage.run({ gateway, ports }, async (handle) => void (sent.handle = handle));
    expect(outcome).toEqual({ status: 'cancelled', reason: 'asked' });
    expect(entry.trail).toEqual(['pending', 'reserved', 'confirmed', 'cancelling', 'cancelled']);
    expect(gateway.moves).toHaveLength(2);
    expect(gateway.kept()).toBe(0);
    expect(entry.held).toBe('restocked');
  });
});

stage.replaysEverything();
