import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ChargeStore } from '../../../src/activities/payments.js';
import type { RefundStore } from '../../../src/activities/refunds.js';
import { createChargeStore } from '../../../src/adapters/postgres/money/charge-store.js';
import { createDeadLetterDecisionStore } from '../../../src/adapters/postgres/dead-letters/dead-letter-decision-store.js';
import { createRefundStore } from '../../../src/adapters/postgres/money/refund-store.js';
import { createReservationStore } from '../../../src/adapters/postgres/orders/reservation-store.js';
import { createOrderRows, type OrderRows } from '../../support/order-rows.js';
import { anOrder } from '../../support/orders.js';
import { asked, createRefundCases, keyOf, SEEN, type RefundCases } from '../../support/refund-cases.js';
import { startStack, type Stack } from '../../support/stack.js';

const CALL = { latencyMs: 1 };
const LOST = { kind: 'ambiguous', reason: 'no answer' } as const;

let stack: Stack;
let rows: OrderRows;
let charges: ChargeStore;
let refunds: RefundStore;
let cases: RefundCases;
beforeAll(async () => {
  stack = await startStack();
  rows = createOrderRows(stack.database);
  charges = createChargeStore(stack.database);
  refunds = createRefundStore(stack.database);
  cases = createRefundCases(stack.database, refunds, rows);
});
afterAll(async () => stack?.close());

const give = (letter: string, happened: boolean, reference = 're_seen') =>
  createDeadLetterDecisionStore(stack.database).giveEvidence(letter, { ...SEEN, happened, reference });

/** An order whose charge was sent and never answered, and the dead letter about that. */
async function unknownCharge() {
  const order = anOrder();
  const run = { orderId: order.orderId, owner: 'run-1' };
  await createReservationStore(stack.database).reserveInventory({ order, owner: run.owner, ttlMs: 60_000 });
  await charges.claim(run, 0, 60_000);
  await charges.troubled(run, 1, LOST, CALL);
  await charges.unknown(run, 1, CALL);
  return { run, letter: await cases.openLetter(order.orderId) };
}

/** A requested refund with an unknown outcome. */
async function unknownRefund() {
  const orderId = await rows.insertPaid();
  const refund = asked(orderId, 'lost', 4_000);
  await refunds.openRefund(refund);
  await refunds.record(keyOf(refund), LOST, 1, 1);
  return { orderId, refund, letter: await cases.openLetter(orderId) };
}

describe('of what people say about one dead letter', () => {
  test('the first counts, no matter how many come at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { run, letter } = await unknownCharge();
      const all = await Promise.all(
        Array.from({ length: 12 }, (_, number) => give(letter, number % 2 === 0, `${number}`)),
      );
      const kept = all.flatMap((one) => (one.kind === 'kept' ? [one.said] : []));
      expect(kept).toHaveLength(6);
      // The same word again is told with the first one's reference.
      expect(new Set(kept.map(({ reference }) => reference)).size).toBe(1);
      const happened = kept[0]?.happened ?? false;
      expect(all.filter(({ kind }) => kind === 'opposite')).toHaveLength(6);

      const evidence = { about: 'charge', deadLetterId: letter, ...SEEN } as const;
      await charges.applyChargeEvidence(run, { ...evidence, happened: !happened });
      expect(await rows.letters(run.orderId)).toMatchObject([{ state: 'open' }]);
      await charges.applyChargeEvidence(run, { ...evidence, happened });
      expect(await rows.letters(run.orderId)).toMatchObject([{ state: 'resolved', note: SEEN.note }]);
      expect((await rows.order(run.orderId)).status).toBe(happened ? 'confirmed' : 'payment_unknown');
    }
  });

  test('the same again is taken after it was done, the opposite is not, and none without a first', async () => {
    const { run, letter } = await unknownCharge();
    await give(letter, true);
    await charges.applyChargeEvidence(run, { about: 'charge', deadLetterId: letter, ...SEEN, happened: true });
    expect(await give(letter, true)).toMatchObject({ kind: 'kept', isOver: true });
    expect(await give(letter, false)).toMatchObject({ kind: 'opposite', said: { happened: true } });

    const known = await unknownCharge();
    await charges.disproved(known.run, 1, CALL, 'card_declined');
    expect(await give(known.letter, false)).toEqual({ kind: 'not_open', state: 'resolved' });
  });
});

test('R8: evidence that a charge took money is taken up again after a crash before its capture', async () => {
  const { run, letter } = await unknownCharge();
  await give(letter, true);
  const died = () => Promise.reject(new Error('the process died'));
  const crashed = createChargeStore({
    ...stack.database,
    // The connection that the capture needs is gone.
    pool: { connect: async () => ({ query: died, release: () => {} }) } as never,
  });
  const evidence = { about: 'charge', deadLetterId: letter, ...SEEN, happened: true } as const;
  await expect(crashed.applyChargeEvidence(run, evidence)).rejects.toThrow('the process died');
  await charges.applyChargeEvidence(run, evidence);
  expect((await rows.order(run.orderId)).status).toBe('confirmed');
  expect(await rows.letters(run.orderId)).toMatchObject([{ state: 'resolved', note: SEEN.note }]);
});

describe('the evidence about a refund', () => {
  test('is not taken while it is being sent', async () => {
    const { orderId, refund, letter } = await unknownRefund();
    await refunds.looked(keyOf(refund), { kind: 'refused', code: 'gone' }, { latencyMs: 1, settlingTimeMs: 0 });
    await refunds.redriveRefund(orderId, letter);
    expect(await give(letter, false)).toEqual({ kind: 'under_way' });
    await refunds.record(keyOf(refund, 2), LOST, 1, 4);
    expect(await give(letter, false)).toEqual({ kind: 'under_way' });
    await refunds.record(keyOf(refund, 2), LOST, 1, 2);
    expect(await give(letter, false)).toMatchObject({ kind: 'kept' });
  });

  test('before it is sent again says nothing about that send', async () => {
    const { orderId, refund, letter } = await unknownRefund();
    expect(await give(letter, false)).toMatchObject({ kind: 'kept' });
    // Before the workflow came to it the gateway had said that the refund never arrived, and it was sent once more.
    await refunds.looked(keyOf(refund), { kind: 'not_found' }, { latencyMs: 1, settlingTimeMs: 0 });
    await refunds.record(keyOf(refund), LOST, 1, 1);
    await refunds.applyRefundEvidence(orderId, { about: 'refund', deadLetterId: letter, ...SEEN, happened: false });
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'unknown' }]);
    expect(await give(letter, true)).toMatchObject({ kind: 'kept' });
  });

  test('loses to the gateway, which says that it failed; then it may have gone back another way', async () => {
    const { orderId, refund, letter } = await unknownRefund();
    await give(letter, false);
    await refunds.looked(keyOf(refund), { kind: 'refused', code: 'gone' }, { latencyMs: 1, settlingTimeMs: 0 });
    expect(await cases.prove(orderId, letter, true)).toMatchObject({ kind: 'kept' });
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'succeeded' }]);
  });

  test('that it did not go back may be followed by the word that it went another way, when that is done', async () => {
    const { orderId, letter } = await unknownRefund();
    await give(letter, false);
    expect(await give(letter, true)).toMatchObject({ kind: 'opposite' });
    await refunds.applyRefundEvidence(orderId, { about: 'refund', deadLetterId: letter, ...SEEN, happened: false });
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'failed' }]);
    expect(await cases.prove(orderId, letter, true)).toMatchObject({ kind: 'kept' });
    expect(await rows.letters(orderId)).toMatchObject([{ state: 'resolved' }]);
  });
});
