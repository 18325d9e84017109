import { describe, expect, test } from '@jest/globals';
import { createScenes, type Books } from './books.js';

const REFUNDED = { kind: 'refunded', reference: 're_1' } as const;
const REFUSED = { kind: 'refused', code: 'account_closed' } as const;
const AMBIGUOUS = { kind: 'ambiguous', reason: 'no answer' } as const;
const NOT_EXECUTED = { kind: 'not_executed', reason: 'try later' } as const;
const UNKNOWN = { kind: 'unknown', retryAfterMs: 0 };

/** What holds for what gateways say about refunds, in any shop's books. */
export function describeRefundAnswers(books: () => Books): void {
  const scenes = createScenes(books);

  /** A refund that is due, of an order that is being undone. */
  async function aRefund() {
    const { order, run } = await scenes.mischarged();
    const [due] = await books().refunds.due(run);
    if (due?.state !== 'due') throw new Error('nothing is due');
    const { key } = due.request;
    const { orderId } = order;
    return {
      orderId,
      key,
      state: async () => (await books().entry(orderId)).refunds[0]?.state,
      letters: async () => (await books().entry(orderId)).letters.map(({ kind, state }) => `${kind} ${state}`),
      look: (found: Parameters<Books['refunds']['looked']>[1]) =>
        books().refunds.looked(key, found, { latencyMs: 1, settlingTimeMs: books().settlingTimeMs() }),
    };
  }

  async function unknownRefund() {
    const refund = await aRefund();
    await books().refunds.record(refund.key, AMBIGUOUS, 1, 1);
    return refund;
  }

  describe('a send of a refund', () => {
    test('is left to one sender until its answer is there', async () => {
      const { key } = await aRefund();
      expect(await books().refunds.claim(key, 60_000)).toEqual({ kind: 'send' });
      const busy = await books().refunds.claim(key, 60_000);
      expect(busy.kind === 'busy' && busy.retryAfterMs > 0).toBe(true);
      await books().refunds.record(key, NOT_EXECUTED, 1);
      expect(await books().refunds.claim(key, 60_000)).toEqual({ kind: 'send' });
    });

    test('is left to the next once its time is over', async () => {
      const { key } = await aRefund();
      expect(await books().refunds.claim(key, 0)).toEqual({ kind: 'send' });
      expect(await books().refunds.claim(key, 0)).toEqual({ kind: 'send' });
    });

    test('is not begun when its outcome is there', async () => {
      const [done, refused, unknown] = [await aRefund(), await aRefund(), await unknownRefund()];
      await books().refunds.record(done.key, REFUNDED, 1);
      await books().refunds.record(refused.key, REFUSED, 1);
      expect(await books().refunds.claim(done.key, 0)).toEqual({ kind: 'refunded' });
      expect(await books().refunds.claim(refused.key, 0)).toEqual(REFUSED);
      expect(await books().refunds.claim(unknown.key, 0)).toEqual(UNKNOWN);
    });
  });

  describe('the answer to a refund', () => {
    test('that it was sent settles it and its dead letter', async () => {
      const { key, state, letters } = await unknownRefund();
      expect(await letters()).toEqual(['refund open']);
      expect(await books().refunds.record(key, REFUNDED, 1)).toEqual({ kind: 'refunded' });
      expect(await state()).toBe('succeeded');
      expect(await letters()).toEqual(['refund resolved']);
    });

    test('that it is refused leaves it to a person', async () => {
      const { key, state, letters } = await aRefund();
      expect(await books().refunds.record(key, REFUSED, 1)).toEqual(REFUSED);
      expect(await state()).toBe('failed');
      expect(await letters()).toEqual(['refund open']);
    });

    test('that comes late takes no success back', async () => {
      const { key, state, letters } = await aRefund();
      await books().refunds.record(key, REFUNDED, 1);
      for (const late of [REFUSED, AMBIGUOUS, NOT_EXECUTED]) {
        expect(await books().refunds.record(key, late, 1, 1)).toEqual({ kind: 'refunded' });
      }
      expect(await state()).toBe('succeeded');
      expect(await letters()).toEqual([]);
    });

    test('that never came leads to look-ups after so many tries', async () => {
      const { key, state, letters } = await aRefund();
      for (let tries = 1; tries < 3; tries += 1) {
        expect(await books().refunds.record(key, AMBIGUOUS, 1, 3)).toEqual({ kind: 'sendable' });
        expect(await state()).toBe('unknown');
      }
      expect(await letters()).toEqual([]);
      expect(await books().refunds.record(key, NOT_EXECUTED, 1, 3)).toEqual(UNKNOWN);
      expect(await letters()).toEqual(['refund open']);
    });

    test('that nothing was done costs no try before anything is in doubt', async () => {
      const { key, state, letters } = await aRefund();
      for (let tries = 0; tries < 3; tries += 1) {
        expect(await books().refunds.record(key, NOT_EXECUTED, 1, 1)).toEqual({ kind: 'sendable' });
      }
      expect(await state()).toBe('pending');
      expect(await letters()).toEqual([]);
    });

    test('under a key that was replaced changes nothing, and goes to a person when money went back under it', async () => {
      const { orderId, key, state, letters } = await aRefund();
      await books().refunds.record(key, REFUSED, 1);
      await books().refunds.redriveRefund(orderId, (await scenes.letter(orderId, 'refund')).id);
      expect(await books().refunds.record(key, REFUSED, 1)).toEqual({ kind: 'replaced' });
      expect(await letters()).toEqual(['refund redriving']);
      expect(await books().refunds.record(key, REFUNDED, 1)).toEqual({ kind: 'replaced' });
      expect(await state()).toBe('pending');
      expect((await letters()).toSorted()).toEqual(['books open', 'refund redriving']);
    });
  });

  describe('a look-up of a refund', () => {
    test('settles what it finds', async () => {
      const [done, refused] = [await unknownRefund(), await unknownRefund()];
      expect(await done.look(REFUNDED)).toEqual({ kind: 'refunded' });
      expect([await done.state(), await done.letters()]).toEqual(['succeeded', ['refund resolved']]);
      expect(await refused.look(REFUSED)).toEqual(REFUSED);
      expect([await refused.state(), await refused.letters()]).toEqual(['failed', ['refund open']]);
    });

    test('that finds nothing has it sent again under its key', async () => {
      const { orderId, key, state, look } = await unknownRefund();
      expect(await look({ kind: 'not_found' })).toEqual({ kind: 'sendable' });
      expect(await state()).toBe('pending');
      expect((await books().entry(orderId)).refunds).toMatchObject([{ key }]);
      expect(await books().refunds.record(key, AMBIGUOUS, 1, 2)).toEqual({ kind: 'sendable' });
    });

    test('that finds nothing proves nothing while it may still appear', async () => {
      books().settling(true);
      const { state, look } = await unknownRefund();
      const standing = await look({ kind: 'not_found' });
      expect(standing.kind === 'unknown' && standing.retryAfterMs > 0).toBe(true);
      expect(await state()).toBe('unknown');
    });

    test.each([[{ kind: 'processing' } as const], [undefined]])(
      'that tells nothing leaves it to a person (%j)',
      async (found) => {
        const { orderId, state, letters, look } = await unknownRefund();
        await books().refunds.redriveRefund(orderId, (await scenes.letter(orderId, 'refund')).id);
        expect(await look(found)).toEqual(UNKNOWN);
        expect([await state(), await letters()]).toEqual(['unknown', ['refund open']]);
      },
    );

    test('of what is settled changes nothing', async () => {
      const done = await aRefund();
      await books().refunds.record(done.key, REFUNDED, 1);
      expect(await done.look(REFUSED)).toEqual({ kind: 'refunded' });
      expect([await done.state(), await done.letters()]).toEqual(['succeeded', []]);
    });
  });

  describe('evidence about a refund', () => {
    test.each([
      [true, 'succeeded', 'refund resolved'],
      [false, 'failed', 'refund open'],
    ])('settles one that is unknown (happened: %s)', async (happened, state, letter) => {
      const refund = await unknownRefund();
      const evidence = await scenes.evidence(refund.orderId, 'refund', happened);
      await books().refunds.applyRefundEvidence(refund.orderId, evidence);
      expect([await refund.state(), await refund.letters()]).toEqual([state, [letter]]);
    });

    test('settles one that was refused', async () => {
      const refund = await aRefund();
      await books().refunds.record(refund.key, REFUSED, 1);
      await books().refunds.applyRefundEvidence(refund.orderId, await scenes.evidence(refund.orderId, 'refund', true));
      expect([await refund.state(), await refund.letters()]).toEqual(['succeeded', ['refund resolved']]);
    });

    test('is of no matter once its dead letter is resolved', async () => {
      const refund = await unknownRefund();
      const evidence = await scenes.evidence(refund.orderId, 'refund', false);
      await books().refunds.record(refund.key, REFUNDED, 1);
      await books().refunds.applyRefundEvidence(refund.orderId, evidence);
      expect([await refund.state(), await refund.letters()]).toEqual(['succeeded', ['refund resolved']]);
    });
  });

  describe('the news that a refund came back', () => {
    test('fails it, once, and leaves it to a person', async () => {
      const { key, state, letters } = await aRefund();
      await books().refunds.record(key, REFUNDED, 1);
      expect(await books().gatewayEvents.refundFailedLate(key)).toBe(true);
      expect(await books().gatewayEvents.refundFailedLate(key)).toBe(false);
      expect([await state(), await letters()]).toEqual(['failed', ['refund open']]);
    });

    test('is newer than an answer that it was sent', async () => {
      const { key, state } = await aRefund();
      await books().gatewayEvents.refundFailedLate(key);
      expect(await books().refunds.record(key, REFUNDED, 1)).toMatchObject({ kind: 'refused' });
      expect(await state()).toBe('failed');
    });

    test('under a replaced or unknown key changes nothing', async () => {
      const { orderId, key, state } = await aRefund();
      await books().refunds.record(key, REFUSED, 1);
      await books().refunds.redriveRefund(orderId, (await scenes.letter(orderId, 'refund')).id);
      expect(await books().gatewayEvents.refundFailedLate(key)).toBe(false);
      expect(await books().gatewayEvents.refundFailedLate('nowhere:refund')).toBe(false);
      expect(await state()).toBe('pending');
    });
  });
}
