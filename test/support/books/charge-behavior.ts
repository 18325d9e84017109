import { describe, expect, test } from '@jest/globals';
import type { GatewayTrouble } from '../../../src/activities/gateway-calls.js';
import { CALL, CANCELLED, captureOf, createScenes, failedBy, SECOND, type Books } from './books.js';

const ambiguous: GatewayTrouble = { kind: 'ambiguous', reason: 'no answer' };
const notExecuted: GatewayTrouble = { kind: 'not_executed', reason: 'try later' };

/** What holds for charges and their outcomes in any shop's books. */
export function describeCharges(books: () => Books): void {
  const scenes = createScenes(books);
  const attemptsOf = async (orderId: string) => (await books().entry(orderId)).attempts;

  describe('a capture', () => {
    test('confirms the order and sells its stock, once', async () => {
      const { order, run, sku } = await scenes.sent();
      for (let tries = 0; tries < 2; tries += 1) {
        expect(await books().charges.captured(run, 1, captureOf(order), CALL)).toEqual({ kind: 'confirmed' });
        expect(await books().available(sku)).toBe(8);
      }
      expect(await books().entry(order.orderId)).toMatchObject({
        status: 'confirmed',
        held: ['committed'],
        paidBy: 1,
        attempts: [{ state: 'captured', capturedMinor: order.totalMinor }],
      });
    });

    test.each([
      ['amount', { amountMinor: 1 }, { capturedMinor: 1, currency: 'EUR' }],
      ['currency', { currency: 'USD' }, { capturedMinor: 3_998, currency: 'USD' }],
    ])('of another %s confirms nothing', async (_, other, told) => {
      const { order, run } = await scenes.sent();
      const capture = { ...captureOf(order), ...other };
      expect(await books().charges.captured(run, 1, capture, CALL)).toEqual({ kind: 'mismatch', ...told });
      expect(await books().entry(order.orderId)).toMatchObject({ status: 'reserved', held: ['active'], paidBy: null });
      expect(await books().charges.standing(run, 0)).toEqual({ kind: 'known', outcome: { kind: 'mismatch', ...told } });
    });

    test('by a run that no longer owns the order confirms nothing', async () => {
      const scene = await scenes.sent();
      await scenes.takenOver(scene);
      const { order, run } = scene;
      expect(await books().charges.captured(run, 1, captureOf(order), CALL)).toEqual({ kind: 'superseded' });
      expect(await books().entry(order.orderId)).toMatchObject({ status: 'reserved', held: ['active'], paidBy: null });
    });

    test('after a cancel was accepted begins the undo instead', async () => {
      const { order, run } = await scenes.sent();
      await books().orders.noteCancel(run, 'changed my mind');
      const ending = { status: 'cancelled', reason: 'changed my mind' };
      expect(await books().charges.captured(run, 1, captureOf(order), CALL)).toEqual({ kind: 'undoing', ending });
      expect(await books().entry(order.orderId)).toMatchObject({
        status: 'cancelling',
        held: ['active'],
        paidBy: null,
      });
    });

    test.each([
      [failedBy('payment_unavailable'), { kind: 'superseded' }, 'compensating'],
      [CANCELLED, { kind: 'undoing', ending: CANCELLED }, 'cancelling'],
    ])('after the undo has begun confirms nothing (%j)', async (ending, outcome, status) => {
      const scene = await scenes.sent();
      await scenes.undo(scene, ending);
      expect(await books().charges.captured(scene.run, 1, captureOf(scene.order), CALL)).toEqual(outcome);
      expect(await books().entry(scene.order.orderId)).toMatchObject({ status, paidBy: null });
    });

    test('of a charge that was unknown confirms the order and resolves its dead letter', async () => {
      const { order, run } = await scenes.unknown();
      expect(await books().charges.captured(run, 1, captureOf(order), CALL)).toEqual({ kind: 'confirmed' });
      expect(await books().entry(order.orderId)).toMatchObject({
        status: 'confirmed',
        letters: [{ state: 'resolved' }],
      });
    });

    test('that confirms resolves what its earlier runs had left to a person', async () => {
      const { order, run } = await scenes.failed(await scenes.reserved(), 'payment_unavailable');
      const { id } = await scenes.letter(order.orderId, 'charge');
      const next = { ...run, owner: SECOND };
      await books().orders.takeOverToRedrive(next, id);
      await books().reservations.reserveInventory({ order, owner: SECOND, ttlMs: 60_000 });
      await scenes.claim(next);
      await books().charges.captured(next, 1, captureOf(order), CALL);
      expect(await books().entry(order.orderId)).toMatchObject({ letters: [{ kind: 'charge', state: 'resolved' }] });
    });

    test('is believed although the charge had been declined', async () => {
      const { order, run } = await scenes.sent();
      await books().charges.declined(run, 1, 'card_declined', CALL);
      expect(await books().charges.captured(run, 1, captureOf(order), CALL)).toEqual({ kind: 'confirmed' });
    });
  });

  describe('a decline', () => {
    test('is the outcome of a charge that was sent once', async () => {
      const { order, run } = await scenes.sent();
      const declined = { kind: 'declined', code: 'card_declined' };
      expect(await books().charges.declined(run, 1, 'card_declined', CALL)).toEqual(declined);
      expect(await attemptsOf(order.orderId)).toMatchObject([{ state: 'declined' }]);
    });

    test('after a send in doubt does not end the doubt', async () => {
      const { order, run } = await scenes.inDoubt();
      await scenes.claim(run);
      expect(await books().charges.declined(run, 1, 'card_declined', CALL)).toEqual({
        kind: 'unknown',
        retryAfterMs: 0,
      });
      expect(await attemptsOf(order.orderId)).toMatchObject([{ state: 'unknown', doubtful: true }]);
    });

    test('that comes after the capture changes nothing', async () => {
      const { order, run } = await scenes.paid();
      expect(await books().charges.declined(run, 1, 'card_declined', CALL)).toEqual({ kind: 'confirmed' });
      expect(await attemptsOf(order.orderId)).toMatchObject([{ state: 'captured' }]);
    });
  });

  describe('a look-up that found no money', () => {
    test.each([
      [undefined, { kind: 'not_charged' }, 'not_charged'],
      ['card_declined', { kind: 'declined', code: 'card_declined' }, 'declined'],
    ])('settles the charge and its dead letter (%s)', async (code, outcome, state) => {
      const { order, run } = await scenes.unknown();
      expect(await books().charges.disproved(run, 1, CALL, code)).toEqual(outcome);
      expect(await books().entry(order.orderId)).toMatchObject({
        attempts: [{ state }],
        letters: [{ state: 'resolved' }],
      });
    });

    test('says nothing of a send that may still begin, unless it was declined', async () => {
      books().settling(true);
      const { order, run } = await scenes.unknown();
      expect(await books().charges.disproved(run, 1, CALL)).toEqual({ kind: 'unknown', retryAfterMs: 0 });
      expect(await attemptsOf(order.orderId)).toMatchObject([{ state: 'unknown' }]);
      expect(await books().charges.disproved(run, 1, CALL, 'no')).toEqual({ kind: 'declined', code: 'no' });
    });

    test('changes nothing of a capture', async () => {
      const { order, run } = await scenes.paid();
      expect(await books().charges.disproved(run, 1, CALL)).toEqual({ kind: 'confirmed' });
      expect(await attemptsOf(order.orderId)).toMatchObject([{ state: 'captured' }]);
    });
  });

  describe('trouble on the way', () => {
    test('that certainly did nothing leaves the charge to be sent again', async () => {
      const { order, run } = await scenes.sent();
      await books().charges.troubled(run, 1, notExecuted, CALL);
      expect(await attemptsOf(order.orderId)).toMatchObject([{ state: 'created', doubtful: false, tries: 1 }]);
    });

    test('of unknown effect leaves the charge in doubt, whatever later tries do', async () => {
      const { order, run } = await scenes.inDoubt();
      expect(await attemptsOf(order.orderId)).toMatchObject([{ state: 'unknown', doubtful: true, tries: 1 }]);
      await scenes.claim(run);
      await books().charges.troubled(run, 1, notExecuted, CALL);
      expect(await attemptsOf(order.orderId)).toMatchObject([{ state: 'unknown', doubtful: true, tries: 2 }]);
    });

    test('that arrives late changes nothing that is settled', async () => {
      const { order, run } = await scenes.paid();
      await books().charges.troubled(run, 1, ambiguous, CALL);
      expect(await attemptsOf(order.orderId)).toMatchObject([{ state: 'captured', doubtful: false }]);
    });
  });

  describe('a claim of which nothing was sent', () => {
    test('takes its try back', async () => {
      const { order, run } = await scenes.sent();
      expect(await books().charges.notSent(run, 1, 1_000)).toBe(0);
      expect(await attemptsOf(order.orderId)).toMatchObject([{ state: 'created', doubtful: false, tries: 0 }]);
    });

    test('leaves the doubt about the sends before it', async () => {
      const { order, run } = await scenes.inDoubt();
      await scenes.claim(run);
      expect(await books().charges.notSent(run, 1, 1_000)).toBe(1);
      expect(await attemptsOf(order.orderId)).toMatchObject([{ state: 'unknown', doubtful: true, tries: 1 }]);
    });

    test('is not taken back twice', async () => {
      const { order, run } = await scenes.sent();
      await books().charges.notSent(run, 1, 1_000);
      await books().charges.notSent(run, 1, 1_000);
      expect(await attemptsOf(order.orderId)).toMatchObject([{ tries: 0 }]);
    });
  });
}
