import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDeadLetterDecisionStore } from '../../../src/adapters/postgres/dead-letters/dead-letter-decision-store.js';
import { createDeadLetterStore } from '../../../src/adapters/postgres/dead-letters/dead-letter-store.js';
import { createChargeStore } from '../../../src/adapters/postgres/money/charge-store.js';
import { createRefundStore } from '../../../src/adapters/postgres/money/refund-store.js';
import { createOrderReader } from '../../../src/adapters/postgres/orders/order-reader.js';
import { createOrderStore } from '../../../src/adapters/postgres/orders/order-store.js';
import { createReservationStore } from '../../../src/adapters/postgres/orders/reservation-store.js';
import { allowedActions } from '../../../src/domain/allowed-actions.js';
import type { OrderRecord } from '../../../src/domain/order-record.js';
import { CALL, createPayingOrders, type PayingOrders } from '../../support/paying-orders.js';
import { asked, keyOf, REFUNDED, REFUSED } from '../../support/refund-cases.js';
import { startStack, type Stack } from '../../support/stack.js';

let stack: Stack;
let paying: PayingOrders;
beforeAll(async () => {
  stack = await startStack();
  paying = createPayingOrders(stack.database);
});
afterAll(async () => stack?.close());

async function confirmed(): Promise<string> {
  const { run, order, capture } = await paying.sent();
  await createChargeStore(stack.database).captured(run, 1, capture, CALL);
  return order.orderId;
}

async function read(orderId: string): Promise<OrderRecord> {
  const record = await createOrderReader(stack.database).find(orderId);
  if (record === undefined) throw new Error(`no order ${orderId}`);
  return record;
}

test('the actions that an order names are those that the database lets through', async () => {
  const refunds = createRefundStore(stack.database);
  const orders = createOrderStore(stack.database);
  const returned = { ...asked(await confirmed(), 'returned'), restock: true };
  const refused = { ...asked(await confirmed(), 'refused'), restock: true };
  const plain = { ...asked(await confirmed(), 'plain', 100) };
  for (const refund of [returned, refused, plain]) {
    expect(allowedActions(await read(refund.orderId))).toEqual(['cancel', 'refund', 'fulfill']);
    await refunds.openRefund(refund);
  }
  await refunds.record(keyOf(returned), REFUNDED, 1);
  await createReservationStore(stack.database).restockOrder(returned);
  await refunds.record(keyOf(refused), REFUSED, 1);

  expect(await read(returned.orderId)).toMatchObject({ goodsAreBack: true, deadLetters: [] });
  expect(await read(refused.orderId)).toMatchObject({
    goodsAreBack: false,
    deadLetters: [{ kind: 'refund', state: 'open', subject: refused.refundId, createdAt: expect.stringMatching(/Z$/) }],
  });
  for (const { orderId } of [returned, refused, plain]) {
    const named = allowedActions(await read(orderId));
    const { kind } = await orders.completeOrder(orderId);
    expect({ orderId, fulfill: named.includes('fulfill') }).toEqual({ orderId, fulfill: kind === 'admitted' });
    const more = await refunds.openRefund(asked(orderId, 'more', 1));
    expect({ orderId, refund: named.includes('refund') }).toEqual({ orderId, refund: more.kind === 'admitted' });
  }
});

test('an order names its dead letters, oldest first, until they are settled', async () => {
  const orderId = await confirmed();
  const letters = createDeadLetterStore(stack.database);
  for (const subject of ['first', 'second']) {
    await letters.openDeadLetter({
      orderId,
      kind: 'books',
      step: 'audit',
      errorClass: 'Finding',
      lastError: subject,
      subject,
    });
  }
  const [first, second] = (await read(orderId)).deadLetters;
  expect([first?.subject, second?.subject]).toEqual(['first', 'second']);
  await letters.resolveDeadLetter(orderId, 'books', 'repaired', 'first');
  expect((await read(orderId)).deadLetters).toEqual([second]);
  const known = await createDeadLetterDecisionStore(stack.database).find(second?.id ?? '');
  expect(known).toMatchObject({ orderId, kind: 'books', subject: 'second' });
  await letters.resolveDeadLetter(orderId, 'books', 'repaired', 'second');
});
