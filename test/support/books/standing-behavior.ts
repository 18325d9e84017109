import { describe, expect, test } from '@jest/globals';
import type { GatewayTrouble } from '../../../src/activities/gateway-calls.js';
import { AT_A_GATEWAY, CALL, CANCELLED, captureOf, createScenes, failedBy, type Books } from './books.js';

const notExecuted: GatewayTrouble = { kind: 'not_executed', reason: 'try later' };

/** What any shop's books know of charges whose outcome is open. */
export function describeStandings(books: () => Books): void {
  const scenes = createScenes(books);
  const attemptsOf = async (orderId: string) => (await books().entry(orderId)).attempts;
  const standing = (run: { orderId: string; owner: string }) => books().charges.standing(run, books().settlingTimeMs());
  const earlier = (run: { orderId: string; owner: string }) =>
    books().charges.earlierStanding(run, books().settlingTimeMs());
  const both = [
    ['its own charge', standing],
    ['all charges', earlier],
  ] as const;

  describe.each(both)('the standing of %s', (_, ask) => {
    test('is open after a send without an answer, and settled once the gateway has had its time', async () => {
      const { order, run } = await scenes.sent();
      const key = `${order.orderId}:charge:1`;
      expect(await ask(run)).toEqual({ kind: 'open', attempt: 1, key, settlesInMs: 0, at: AT_A_GATEWAY });
    });

    test('says how long a "not found" proves nothing', async () => {
      books().settling(true);
      const { run } = await scenes.inDoubt();
      const known = await ask(run);
      expect(known).toMatchObject({ kind: 'open', attempt: 1 });
      expect(known.kind === 'open' && known.settlesInMs > 0).toBe(true);
    });

    test('is superseded for a run that no longer owns the order', async () => {
      const scene = await scenes.sent();
      await scenes.takenOver(scene);
      expect(await ask(scene.run)).toEqual({ kind: 'known', outcome: { kind: 'superseded' } });
    });

    test('gives up an intent that was never sent', async () => {
      const { order, run } = await scenes.sent();
      await books().charges.troubled(run, 1, notExecuted, CALL);
      expect(await ask(run)).toEqual({ kind: 'known', outcome: { kind: 'not_charged' } });
      expect(await attemptsOf(order.orderId)).toMatchObject([{ state: 'not_charged' }]);
    });

    test('of an order without a charge is that nothing was charged', async () => {
      const { run } = await scenes.reserved();
      expect(await ask(run)).toEqual({ kind: 'known', outcome: { kind: 'not_charged' } });
    });

    test('of a declined charge is the decline', async () => {
      const { run } = await scenes.sent();
      await books().charges.declined(run, 1, 'no', CALL);
      expect(await ask(run)).toEqual({ kind: 'known', outcome: { kind: 'declined', code: 'no' } });
    });

    test('of a paid order is that it is confirmed', async () => {
      const { run } = await scenes.paid();
      expect(await ask(run)).toEqual({ kind: 'known', outcome: { kind: 'confirmed' } });
    });
  });

  describe('the standing of all charges', () => {
    test('informs a later run of the open charge of an earlier one', async () => {
      const scene = await scenes.inDoubt();
      const next = await scenes.takenOver(scene);
      const key = `${scene.order.orderId}:charge:1`;
      expect(await standing(next)).toEqual({ kind: 'known', outcome: { kind: 'not_charged' } });
      expect(await earlier(next)).toMatchObject({ kind: 'open', attempt: 1, key });
    });

    test('gives up what an earlier run never sent', async () => {
      const scene = await scenes.sent();
      await books().charges.notSent(scene.run, 1, 1_000);
      const next = await scenes.takenOver(scene);
      expect(await earlier(next)).toEqual({ kind: 'known', outcome: { kind: 'not_charged' } });
      expect(await attemptsOf(scene.order.orderId)).toMatchObject([{ state: 'not_charged' }]);
    });

    test('confirms an order that waits for what an earlier run captured', async () => {
      const scene = await scenes.sent();
      const next = await scenes.takenOver(scene);
      await books().charges.captured(scene.run, 1, captureOf(scene.order), CALL);
      expect(await earlier(next)).toEqual({ kind: 'known', outcome: { kind: 'confirmed' } });
      expect(await books().entry(scene.order.orderId)).toMatchObject({ status: 'confirmed', paidBy: 1 });
    });

    test.each([failedBy('payment_unavailable'), CANCELLED])(
      'of an order that is undone is how it ends (%j)',
      async (ending) => {
        const scene = await scenes.reserved();
        await scenes.undo(scene, ending);
        expect(await earlier(scene.run)).toEqual({ kind: 'known', outcome: { kind: 'undoing', ending } });
      },
    );
  });

  describe('charges that are known to have taken nothing', () => {
    test('are those that were sent, by any run', async () => {
      const scene = await scenes.sent();
      await books().charges.declined(scene.run, 1, 'no', CALL);
      const next = await scenes.takenOver(scene);
      await scenes.claim(next);
      await books().charges.troubled(next, 2, notExecuted, CALL);
      await standing(next);
      const keyOf = (attempt: number) => `${scene.order.orderId}:charge:${attempt}`;
      expect(await books().charges.dismissed(next)).toEqual([
        { attempt: 1, key: keyOf(1), at: AT_A_GATEWAY },
        { attempt: 2, key: keyOf(2), at: AT_A_GATEWAY },
      ]);
    });

    test('are not those that were never sent, that are open or that took money', async () => {
      const unsent = await scenes.sent();
      await books().charges.notSent(unsent.run, 1, 1_000);
      await standing(unsent.run);
      for (const { run } of [unsent, await scenes.inDoubt(), await scenes.paid()]) {
        expect(await books().charges.dismissed(run)).toEqual([]);
      }
    });
  });

  describe('a charge with an unknown outcome', () => {
    test('shows in the status, keeps the stock and opens one dead letter', async () => {
      const { order, run } = await scenes.inDoubt();
      for (let looks = 0; looks < 2; looks += 1) await books().charges.unknown(run, 1, CALL);
      expect(await books().entry(order.orderId)).toMatchObject({
        status: 'payment_unknown',
        held: ['active'],
        letters: [{ kind: 'payment_unknown', state: 'open' }],
      });
      expect((await books().entry(order.orderId)).letters).toHaveLength(1);
    });

    test('leaves the status of an order that is being undone', async () => {
      const scene = await scenes.inDoubt();
      await scenes.undo(scene, CANCELLED);
      await books().charges.unknown(scene.run, 1, CALL);
      const { status, letters } = await books().entry(scene.order.orderId);
      expect([status, letters.length]).toEqual(['cancelling', 1]);
    });

    test('is of no matter to a run that no longer owns the order, nor once it is settled or can be sent again', async () => {
      const lost = await scenes.inDoubt();
      await scenes.takenOver(lost);
      const settled = await scenes.sent();
      await books().charges.declined(settled.run, 1, 'no', CALL);
      const unsent = await scenes.sent();
      await books().charges.troubled(unsent.run, 1, notExecuted, CALL);
      for (const { order, run } of [lost, settled, unsent]) {
        await books().charges.unknown(run, 1, CALL);
        expect(await books().entry(order.orderId)).toMatchObject({ status: 'reserved', letters: [] });
      }
    });
  });

  describe('evidence about a charge', () => {
    test('that it took money confirms the order', async () => {
      const { order, run } = await scenes.unknown();
      await books().charges.applyChargeEvidence(run, await scenes.evidence(order.orderId, 'charge', true));
      const settled = { status: 'confirmed', paidBy: 1, letters: [{ state: 'resolved' }] };
      expect(await books().entry(order.orderId)).toMatchObject(settled);
    });

    test('that it took none settles it, although its send may still be under way', async () => {
      books().settling(true);
      const { order, run } = await scenes.unknown();
      await books().charges.applyChargeEvidence(run, await scenes.evidence(order.orderId, 'charge', false));
      const settled = { attempts: [{ state: 'not_charged' }], letters: [{ state: 'resolved' }] };
      expect(await books().entry(order.orderId)).toMatchObject(settled);
    });

    test('is of no matter to a run that no longer owns the order', async () => {
      const scene = await scenes.unknown();
      const evidence = await scenes.evidence(scene.order.orderId, 'charge', true);
      await scenes.takenOver(scene);
      await books().charges.applyChargeEvidence(scene.run, evidence);
      expect(await books().entry(scene.order.orderId)).toMatchObject({ paidBy: null, letters: [{ state: 'open' }] });
    });

    test('is of no matter once its dead letter is resolved', async () => {
      const { order, run } = await scenes.unknown();
      const evidence = await scenes.evidence(order.orderId, 'charge', true);
      await books().charges.disproved(run, 1, CALL);
      await books().charges.applyChargeEvidence(run, evidence);
      expect(await books().entry(order.orderId)).toMatchObject({ paidBy: null, attempts: [{ state: 'not_charged' }] });
    });

    test('about another order is of no matter', async () => {
      const [one, other] = [await scenes.unknown(), await scenes.unknown()];
      await books().charges.applyChargeEvidence(one.run, await scenes.evidence(other.order.orderId, 'charge', true));
      expect(await books().entry(one.order.orderId)).toMatchObject({ paidBy: null, letters: [{ state: 'open' }] });
    });
  });
}
