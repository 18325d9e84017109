import { describe, expect, test } from '@jest/globals';
import type { Verdict } from '../../../src/activities/screening.js';
import { CALL, CANCELLED, captureOf, createScenes, FIRST, TTL_MS, type Books } from './books.js';

const REVIEW: Verdict = { verdict: 'review', detail: 'large' };
const REJECT: Verdict = { verdict: 'reject', detail: 'stolen' };
const ALLOW: Verdict = { verdict: 'allow' };

/** What holds for verdicts, reviews, dead letters and gateways' messages in any shop's books. */
export function describeDesk(books: () => Books): void {
  const scenes = createScenes(books);
  const screened = (
    { order }: Pick<Awaited<ReturnType<typeof scenes.placed>>, 'order'>,
    verdict: Verdict,
    owner = FIRST,
  ) => books().screenings.screened(order, owner, verdict, TTL_MS);

  describe('a verdict', () => {
    test.each([
      [ALLOW, { kind: 'allow' }, 'pending'],
      [REJECT, { kind: 'reject', detail: 'stolen' }, 'pending'],
      [REVIEW, { kind: 'review', detail: 'large' }, 'in_review'],
    ])('is kept, and the first one counts (%j)', async (verdict, outcome, status) => {
      const scene = await scenes.placed();
      for (const told of [verdict, REJECT, ALLOW]) expect(await screened(scene, told)).toEqual(outcome);
      expect(await books().entry(scene.order.orderId)).toMatchObject({ status });
    });

    test('writes the row of an order that has none', async () => {
      const scene = await scenes.accepted();
      expect(await screened(scene, ALLOW)).toEqual({ kind: 'allow' });
      expect(await books().entry(scene.order.orderId)).toMatchObject({ status: 'pending', owner: FIRST });
    });

    test('is superseded when another run owns the order, or when it is past screening', async () => {
      const lost = await scenes.placed();
      await scenes.takenOver(lost);
      expect(await screened(lost, REVIEW)).toEqual({ kind: 'superseded' });
      expect(await screened(await scenes.reserved(), REVIEW)).toEqual({ kind: 'superseded' });
      expect(await books().entry(lost.order.orderId)).toMatchObject({ status: 'pending' });
    });

    test('gives way to an undo that was begun', async () => {
      const scene = await scenes.placed();
      await scenes.undo(scene, CANCELLED);
      for (const verdict of [ALLOW, REVIEW]) {
        expect(await screened(scene, verdict)).toEqual({ kind: 'undoing', ending: CANCELLED });
      }
    });

    test('placing an order twice writes it once', async () => {
      const { order } = await scenes.placed();
      await books().screenings.place(order, 'run-2');
      expect(await books().entry(order.orderId)).toMatchObject({ status: 'pending', owner: FIRST });
    });
  });

  describe('a review', () => {
    async function inReview() {
      const scene = await scenes.placed();
      await screened(scene, REVIEW);
      return scene;
    }

    test.each([
      ['approve', 'pending', { kind: 'allow' }],
      ['reject', 'in_review', { kind: 'reject', detail: 'rejected in review' }],
      ['expired', 'in_review', { kind: 'reject', detail: 'the review was not decided in time' }],
    ] as const)('is decided once: %s', async (decision, status, outcome) => {
      const scene = await inReview();
      for (let tries = 0; tries < 2; tries += 1) {
        expect(await books().screenings.reviewOrder(scene.run, decision)).toEqual({ kind: 'decided' });
      }
      const other = decision === 'approve' ? 'reject' : 'approve';
      expect(await books().screenings.reviewOrder(scene.run, other)).toEqual({ kind: 'opposite', decision });
      expect(await books().entry(scene.order.orderId)).toMatchObject({ status });
      expect(await screened(scene, REVIEW)).toEqual(outcome);
    });

    test('is not decided for an order that is not in review, nor by a run that no longer owns it', async () => {
      const { run } = await scenes.reserved();
      const notInReview = (status: string) => ({ kind: 'not_in_review', status });
      expect(await books().screenings.reviewOrder(run, 'approve')).toEqual(notInReview('reserved'));
      const lost = await inReview();
      await scenes.takenOver(lost);
      expect(await books().screenings.reviewOrder(lost.run, 'approve')).toEqual(notInReview('in_review'));
      expect(await books().entry(lost.order.orderId)).toMatchObject({ status: 'in_review' });
    });

    test('that another run decided is not revealed to a run that no longer owns the order', async () => {
      const scene = await inReview();
      await books().screenings.reviewOrder(scene.run, 'approve');
      await scenes.takenOver(scene);
      const answer = await books().screenings.reviewOrder(scene.run, 'approve');
      expect(answer).toEqual({ kind: 'not_in_review', status: 'pending' });
    });
  });

  describe('a dead letter', () => {
    async function about(kind: 'run' | 'refund', subject?: string) {
      const { orderId } = (await scenes.reserved()).order;
      const letter = { orderId, kind, step: 'refund', errorClass: 'Error', lastError: 'first' };
      const open = (lastError: string, named = subject) =>
        books().deadLetters.openDeadLetter({
          ...letter,
          lastError,
          ...(named === undefined ? {} : { subject: named }),
        });
      const all = async () =>
        (await books().entry(orderId)).letters.map(({ subject: s, state, lastError }) => [s, state, lastError]);
      return { orderId, open, all };
    }

    test('is one while it is open, with its newest error', async () => {
      const { open, all } = await about('run');
      for (const error of ['first', 'second']) await open(error);
      expect(await all()).toEqual([['', 'open', 'second']]);
    });

    test('is one for each subject, and resolved by its subject', async () => {
      const { orderId, open, all } = await about('refund');
      for (const subject of ['one', 'two']) await open('error', subject);
      await books().deadLetters.resolveDeadLetter(orderId, 'run', 'over', 'one');
      await books().deadLetters.resolveDeadLetter(orderId, 'refund', 'over', 'one');
      expect(await all()).toEqual([
        ['one', 'resolved', 'error'],
        ['two', 'open', 'error'],
      ]);
    });

    test('is a new one after it was resolved', async () => {
      const { orderId, open, all } = await about('run');
      await open('first');
      await books().deadLetters.resolveDeadLetter(orderId, 'run', 'over', '');
      await open('second');
      expect(await all()).toEqual([
        ['', 'resolved', 'first'],
        ['', 'open', 'second'],
      ]);
    });
  });

  describe("a gateway's message", () => {
    const message = (orderId: string, type: string, keys: { chargeKey?: string; refundKey?: string }) => ({
      gateway: 'fake',
      eventId: `${orderId}-${type}`,
      type,
      chargeKey: null,
      refundKey: null,
      orderId,
      isProcessed: false,
      ...keys,
    });

    test('is read as it came, and processed once', async () => {
      const { orderId } = (await scenes.sent()).order;
      const event = message(orderId, 'charge.captured', { chargeKey: `${orderId}:charge:1` });
      await books().arrive(event);
      expect(await books().gatewayEvents.read('fake', event.eventId)).toEqual(event);
      expect(await books().gatewayEvents.read('fake', 'another')).toBeUndefined();
      await books().gatewayEvents.processed('fake', event.eventId, 'known before');
      expect(await books().gatewayEvents.read('fake', event.eventId)).toEqual({ ...event, isProcessed: true });
    });

    test('about a charge agrees with the database once it says the same', async () => {
      const { order, run } = await scenes.sent();
      const chargeKey = `${order.orderId}:charge:1`;
      const agrees = (type: string) => books().gatewayEvents.agrees(message(order.orderId, type, { chargeKey }));
      expect([await agrees('charge.captured'), await agrees('charge.declined')]).toEqual([false, false]);
      await books().charges.declined(run, 1, 'no', CALL);
      expect([await agrees('charge.captured'), await agrees('charge.declined')]).toEqual([false, true]);
      await books().charges.captured(run, 1, captureOf(order), CALL);
      expect([await agrees('charge.captured'), await agrees('charge.declined')]).toEqual([true, false]);
    });

    test('about a capture that confirmed nothing agrees only once all its money is back', async () => {
      const { order, run } = await scenes.mischarged();
      const event = message(order.orderId, 'charge.captured', { chargeKey: `${order.orderId}:charge:1` });
      expect(await books().gatewayEvents.agrees(event)).toBe(false);
      await books().refunds.due(run);
      expect(await books().gatewayEvents.agrees(event)).toBe(false);
      await books().refunds.record(`${order.orderId}:charge:1:undo`, { kind: 'refunded', reference: 're_1' }, 1);
      expect(await books().gatewayEvents.agrees(event)).toBe(true);
    });

    test('about a refund agrees with the database once it says the same', async () => {
      const { order, run } = await scenes.mischarged();
      await books().refunds.due(run);
      const refundKey = `${order.orderId}:charge:1:undo`;
      const agrees = async (key = refundKey) => [
        await books().gatewayEvents.agrees(message(order.orderId, 'refund.succeeded', { refundKey: key })),
        await books().gatewayEvents.agrees(message(order.orderId, 'refund.failed', { refundKey: key })),
      ];
      expect(await agrees()).toEqual([false, false]);
      await books().refunds.record(refundKey, { kind: 'refunded', reference: 're_1' }, 1);
      expect(await agrees()).toEqual([true, false]);
      await books().gatewayEvents.refundFailedLate(refundKey);
      expect(await agrees()).toEqual([false, true]);
      expect(await agrees('nowhere:refund')).toEqual([false, false]);
    });

    test('finds its order, and its refund also by a key that was replaced', async () => {
      const { order, run } = await scenes.mischarged();
      const { orderId } = order;
      await books().refunds.due(run);
      const [before] = (await books().entry(orderId)).refunds;
      const key = before?.key ?? '';
      await books().refunds.record(key, { kind: 'refused', code: 'no' }, 1);
      await books().refunds.redriveRefund(orderId, (await scenes.letter(orderId, 'refund')).id);
      const [after] = (await books().entry(orderId)).refunds;
      for (const known of [key, after?.key ?? '']) {
        expect(await books().gatewayEvents.refundIdOf(known)).toBe(before?.refundId);
      }
      expect(await books().gatewayEvents.refundIdOf('nowhere:refund')).toBeUndefined();
      expect(await books().gatewayEvents.orderStatus(orderId)).toBe('compensating');
      expect(await books().gatewayEvents.orderStatus('nowhere')).toBeUndefined();
    });
  });
}
