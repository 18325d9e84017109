import { describe, expect, test } from '@jest/globals';
import type { GatewayTrouble } from '../../../src/activities/gateway-calls.js';
import {
  AT_A_GATEWAY,
  CALL,
  CANCELLED,
  captureOf,
  createScenes,
  failedBy,
  FIRST,
  SECOND,
  TTL_MS,
  type Books,
} from './books.js';

const ambiguous: GatewayTrouble = { kind: 'ambiguous', reason: 'no answer' };
const notExecuted: GatewayTrouble = { kind: 'not_executed', reason: 'try later' };

/** What holds for the intent to charge in any shop's books. */
export function describeClaims(books: () => Books): void {
  const scenes = createScenes(books);
  const { claim } = scenes;
  const attemptsOf = async (orderId: string) => (await books().entry(orderId)).attempts;

  describe('a claim', () => {
    test('writes down what is sent, under the key of its attempt', async () => {
      const { order, run } = await scenes.reserved();
      const { orderId, totalMinor: amountMinor, currency, paymentMethod: method } = order;
      const request = { key: `${orderId}:charge:1`, orderId, amountMinor, currency, method };
      expect(await claim(run)).toEqual({ kind: 'send', attempt: 1, doubtful: false, request, at: AT_A_GATEWAY });
      expect(await attemptsOf(orderId)).toEqual([
        { attempt: 1, owner: FIRST, state: 'sent', doubtful: false, tries: 1, capturedMinor: null },
      ]);
    });

    test.each([
      ['that had no answer is in doubt', undefined, true],
      ['of unknown effect is in doubt', ambiguous, true],
      ['that certainly did nothing is not in doubt', notExecuted, false],
    ])('after a send %s, and has the same key', async (_, trouble, doubtful) => {
      const { order, run } = await scenes.sent();
      if (trouble !== undefined) await books().charges.troubled(run, 1, trouble, CALL);
      const request = { key: `${order.orderId}:charge:1` };
      expect(await claim(run)).toMatchObject({ kind: 'send', attempt: 1, doubtful, request });
      expect(await attemptsOf(order.orderId)).toMatchObject([{ state: 'sent', doubtful, tries: 2 }]);
    });

    test('of an order that is not reserved yet sends nothing', async () => {
      const { order, run } = await scenes.placed();
      expect(await claim(run)).toEqual({ kind: 'answered', outcome: { kind: 'superseded' } });
      expect(await attemptsOf(order.orderId)).toEqual([]);
    });

    test('by a run that no longer owns the order sends nothing', async () => {
      const scene = await scenes.reserved();
      await scenes.takenOver(scene);
      expect(await claim(scene.run)).toEqual({ kind: 'answered', outcome: { kind: 'superseded' } });
      expect(await attemptsOf(scene.order.orderId)).toEqual([]);
    });

    test('of an order whose cancel was accepted sends nothing', async () => {
      const { order, run } = await scenes.reserved();
      await books().orders.noteCancel(run, 'changed my mind');
      const ending = { status: 'cancelled', reason: 'changed my mind' };
      expect(await claim(run)).toEqual({ kind: 'answered', outcome: { kind: 'undoing', ending } });
      expect(await attemptsOf(order.orderId)).toEqual([]);
    });

    test('of an order whose cancel was accepted before it had a row sends nothing', async () => {
      const { order, run } = await scenes.accepted();
      await books().orders.noteCancel(run, 'changed my mind');
      await books().reservations.reserveInventory({ order, owner: FIRST, ttlMs: TTL_MS });
      expect(await claim(run)).toMatchObject({ kind: 'answered', outcome: { kind: 'undoing' } });
      expect(await attemptsOf(order.orderId)).toEqual([]);
    });

    test.each([failedBy('payment_declined'), CANCELLED])(
      'of an order that is undone sends nothing (%j)',
      async (end) => {
        const scene = await scenes.reserved();
        await scenes.undo(scene, end);
        expect(await claim(scene.run)).toEqual({ kind: 'answered', outcome: { kind: 'undoing', ending: end } });
      },
    );

    test('of a paid order answers that it is confirmed', async () => {
      const { run } = await scenes.paid();
      expect(await claim(run)).toEqual({ kind: 'answered', outcome: { kind: 'confirmed' } });
    });

    test('of an order whose charge is unknown leaves it to the look-ups', async () => {
      const { order, run } = await scenes.unknown();
      expect(await claim(run)).toEqual({ kind: 'answered', outcome: { kind: 'unknown', retryAfterMs: 0 } });
      expect(await attemptsOf(order.orderId)).toMatchObject([{ state: 'unknown', tries: 1 }]);
    });

    test('of a charge that was declined answers with the decline', async () => {
      const { run } = await scenes.sent();
      await books().charges.declined(run, 1, 'card_declined', CALL);
      expect(await claim(run)).toEqual({ kind: 'answered', outcome: { kind: 'declined', code: 'card_declined' } });
    });

    test('after the time to pay is over sends nothing', async () => {
      const { order, run } = await scenes.reserved(-1_000);
      expect(await claim(run)).toEqual({ kind: 'answered', outcome: { kind: 'expired' } });
      expect(await attemptsOf(order.orderId)).toEqual([]);
    });
  });

  describe('another run of the order gets no separate key', () => {
    test.each([
      ['was sent', undefined],
      ['is unknown', ambiguous],
      ['may be sent again', notExecuted],
    ])('while the charge of the first %s', async (_, trouble) => {
      const scene = await scenes.sent();
      if (trouble !== undefined) await books().charges.troubled(scene.run, 1, trouble, CALL);
      const next = await scenes.takenOver(scene);
      await expect(claim(next)).rejects.toThrow();
      expect(await attemptsOf(scene.order.orderId)).toHaveLength(1);
    });

    test('while the capture of the first is kept', async () => {
      const scene = await scenes.sent();
      const next = await scenes.takenOver(scene);
      await books().charges.captured(scene.run, 1, captureOf(scene.order), CALL);
      await expect(claim(next)).rejects.toThrow();
      expect(await attemptsOf(scene.order.orderId)).toHaveLength(1);
    });

    test('and gets one when the first took nothing', async () => {
      const scene = await scenes.sent();
      const next = await scenes.takenOver(scene);
      await books().charges.declined(scene.run, 1, 'card_declined', CALL);
      const request = { key: `${scene.order.orderId}:charge:2` };
      expect(await claim(next)).toMatchObject({ kind: 'send', attempt: 2, doubtful: false, request });
    });

    test('while money that the first took late is on its way back, and gets one when all of it is', async () => {
      const { order, run } = await scenes.failed(await scenes.sent(), 'payment_unavailable');
      await books().charges.captured(run, 1, captureOf(order), CALL);
      const due = await books().refunds.due(run);
      expect(due).toMatchObject([{ state: 'due', request: { amountMinor: order.totalMinor } }]);
      const { id } = await scenes.letter(order.orderId, 'charge');
      const next = { ...run, owner: SECOND };
      await books().orders.takeOverToRedrive(next, id);
      await books().reservations.reserveInventory({ order, owner: SECOND, ttlMs: TTL_MS });
      await expect(claim(next)).rejects.toThrow();

      const [refund] = (await books().entry(order.orderId)).refunds;
      await books().refunds.record(refund?.key ?? '', { kind: 'refunded', reference: 're_1' }, 1);
      const request = { key: `${order.orderId}:charge:2` };
      expect(await claim(next)).toMatchObject({ kind: 'send', attempt: 2, doubtful: false, request });
    });
  });
}
