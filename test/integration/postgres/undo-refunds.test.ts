import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RefundStore } from '../../../src/activities/refunds.js';
import { createRefundStore } from '../../../src/adapters/postgres/money/refund-store.js';
import { undoRefundKey } from '../../../src/domain/ids.js';
import { createOrderRows, OWNER, type OrderRows } from '../../support/order-rows.js';
import { asked, createRefundCases, keyOf, REFUNDED, REFUSED, type RefundCases } from '../../support/refund-cases.js';
import { startStack, type Stack } from '../../support/stack.js';

let stack: Stack;
let rows: OrderRows;
let refunds: RefundStore;
let openLetter: RefundCases['openLetter'];
let refusedRefund: RefundCases['refusedRefund'];
beforeAll(async () => {
  stack = await startStack();
  rows = createOrderRows(stack.database);
  refunds = createRefundStore(stack.database);
  ({ openLetter, refusedRefund } = createRefundCases(stack.database, refunds, rows));
});
afterAll(async () => stack?.close());

const undoOf = (orderId: string) => refunds.due({ orderId, owner: OWNER });

test('R13: what the owner captured is refunded once, under one key, no matter how often that is requested', async () => {
  const orderId = await rows.insert('cancelling', [10_000]);
  const answers = await Promise.all(Array.from({ length: 10 }, () => undoOf(orderId)));
  const request = { key: undoRefundKey(orderId, 1), chargeKey: `${orderId}:charge:1`, orderId, amountMinor: 10_000 };
  for (const answer of answers) expect(answer).toMatchObject([{ state: 'due', request }]);
  await refunds.record(request.key, REFUNDED, 3);
  expect(await undoOf(orderId)).toEqual([]);
  expect(await rows.refunds(orderId)).toHaveLength(1);
});

test.each(['compensating', 'failed', 'cancelled', 'pending', 'in_review'] as const)(
  'R17: a capture, and a stray, of an order that is %s go back',
  async (status) => {
    const orderId = await rows.insert(status, [10_000, 2_500]);
    expect(await undoOf(orderId)).toMatchObject([
      { request: { key: undoRefundKey(orderId, 1), amountMinor: 10_000 } },
      { request: { key: undoRefundKey(orderId, 2), amountMinor: 2_500 } },
    ]);
    expect(await rows.order(orderId)).toMatchObject({ status });
  },
);

test('a refused one does not hold up the others', async () => {
  const orderId = await rows.insert('cancelling', [10_000, 2_500]);
  await undoOf(orderId);
  await refunds.record(undoRefundKey(orderId, 1), REFUSED, 3);
  expect(await undoOf(orderId)).toMatchObject([
    { state: 'due', request: { key: undoRefundKey(orderId, 2) } },
    { state: 'refused', code: REFUSED.code },
  ]);
});

test.each(['reserved', 'payment_unknown'] as const)('nothing goes back while the order is %s', async (status) => {
  expect(await undoOf(await rows.insert(status, [10_000]))).toEqual([]);
});

test('R27: a run that does not own the order undoes nothing, and a paid order keeps its payment', async () => {
  const cancelling = await rows.insert('cancelling', [10_000]);
  expect(await refunds.due({ orderId: cancelling, owner: 'run-2' })).toEqual([]);
  const paid = await rows.insertPaid();
  await rows.insertCapture(paid, 2, 10_000);
  expect(await undoOf(paid)).toMatchObject([{ request: { key: undoRefundKey(paid, 2) } }]);
  expect(await rows.refunds(paid)).toMatchObject([{ attempt: 2 }]);
});

test('refunds what earlier refunds did not, and takes over those that failed', async () => {
  const orderId = await rows.insertPaid();
  const { refund, letter } = await refusedRefund(orderId, 'failed', 2_000);
  const done = asked(orderId, 'done', 3_000);
  await refunds.openRefund(done);
  await refunds.record(keyOf(done), REFUNDED, 3);
  await rows.setStatus(orderId, 'cancelling');

  expect(await undoOf(orderId)).toMatchObject([{ state: 'due', request: { amountMinor: 7_000 } }]);
  expect(await rows.letters(orderId)).toMatchObject([{ id: letter, state: 'resolved' }]);
  expect(await refunds.dueOne(refund)).toEqual([]);
});

test('waits for a person when it is refused, and its redrive takes along what failed meanwhile', async () => {
  const orderId = await rows.insertPaid();
  const part = asked(orderId, 'under-way', 4_000);
  await refunds.openRefund(part);
  await rows.setStatus(orderId, 'cancelling');
  const undo = undoRefundKey(orderId, 1);
  expect(await undoOf(orderId)).toHaveLength(2);
  await refunds.record(undo, REFUSED, 3);
  expect((await undoOf(orderId)).map(({ state }) => state)).toEqual(['due', 'refused']);
  await refunds.record(keyOf(part), REFUSED, 3);
  expect(await undoOf(orderId)).toEqual([{ state: 'refused', code: REFUSED.code }]);

  await refunds.redriveRefund(orderId, await openLetter(orderId));
  expect(await undoOf(orderId)).toMatchObject([{ state: 'due', request: { amountMinor: 10_000 } }]);
});

test('a requested refund that fails after the undo is written down is waited for', async () => {
  const orderId = await rows.insertPaid();
  const part = asked(orderId, 'late', 4_000);
  await refunds.openRefund(part);
  await rows.setStatus(orderId, 'cancelling');
  await undoOf(orderId);
  await refunds.record(undoRefundKey(orderId, 1), REFUNDED, 3);
  await refunds.record(keyOf(part), REFUSED, 3);
  expect(await undoOf(orderId)).toEqual([{ state: 'refused', code: REFUSED.code }]);
  await refunds.redriveRefund(orderId, await openLetter(orderId));
  await refunds.record(keyOf(part, 2), REFUNDED, 3);
  expect(await undoOf(orderId)).toEqual([]);
});
