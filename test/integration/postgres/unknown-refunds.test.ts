import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RefundStore } from '../../../src/activities/refunds.js';
import { createDeadLetterDecisionStore } from '../../../src/adapters/postgres/dead-letters/dead-letter-decision-store.js';
import { createDeadLetterStore } from '../../../src/adapters/postgres/dead-letters/dead-letter-store.js';
import { createGatewayEventStore } from '../../../src/adapters/postgres/money/gateway-event-store.js';
import { createRefundStore } from '../../../src/adapters/postgres/money/refund-store.js';
import { createOrderRows, OWNER, type OrderRows } from '../../support/order-rows.js';
import {
  asked,
  createRefundCases,
  keyOf,
  REFUNDED,
  REFUSED,
  SEEN,
  type RefundCases,
} from '../../support/refund-cases.js';
import { startStack, type Stack } from '../../support/stack.js';

const LOST = { kind: 'ambiguous', reason: 'no answer' } as const;
const AWAY = { kind: 'not_executed', reason: 'connection refused' } as const;
const SETTLED = { latencyMs: 2, settlingTimeMs: 0 };

let stack: Stack;
let rows: OrderRows;
let refunds: RefundStore;
let cases: RefundCases;
beforeAll(async () => {
  stack = await startStack();
  rows = createOrderRows(stack.database);
  refunds = createRefundStore(stack.database);
  cases = createRefundCases(stack.database, refunds, rows);
});
afterAll(async () => stack?.close());

/** A requested refund that was sent four times and never answered. */
async function unknownRefund() {
  const orderId = await rows.insertPaid();
  const refund = asked(orderId, 'lost', 4_000);
  await refunds.openRefund(refund);
  const key = keyOf(refund);
  const looked = [];
  for (let tries = 0; tries < 4; tries += 1) looked.push(await refunds.record(key, LOST, 5_000, 4));
  return { orderId, refund, key, looked };
}

describe('R25: a refund whose outcome is unknown', () => {
  test('is looked up after four tries, and a dead letter says so', async () => {
    const { orderId, refund, key, looked } = await unknownRefund();
    const sendable = { kind: 'sendable' };
    expect(looked).toEqual([sendable, sendable, sendable, { kind: 'unknown', retryAfterMs: 0 }]);
    expect(await refunds.dueOne(refund)).toMatchObject([{ state: 'unknown', request: { key, amountMinor: 4_000 } }]);
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'unknown', tries: 4, looked_up: true }]);
    expect(await rows.letters(orderId)).toMatchObject([
      { kind: 'refund', subject: refund.refundId, error_class: 'RefundUnknown', attempts: 4, state: 'open' },
    ]);
    expect(await rows.events(orderId)).toEqual(['refund.unknown']);
    // What it may have given back cannot be asked for a second time.
    const rest = { kind: 'refused', code: 'refund_exceeds_captured', status: 'confirmed' };
    expect(await refunds.openRefund(asked(orderId, 'more', 6_001))).toEqual(rest);
  });

  test('does not count tries that provably did nothing while nothing is in doubt', async () => {
    const orderId = await rows.insertPaid();
    const refund = asked(orderId, 'away', 4_000);
    await refunds.openRefund(refund);
    for (let tries = 0; tries < 9; tries += 1) {
      expect(await refunds.record(keyOf(refund), AWAY, 1, 4)).toEqual({ kind: 'sendable' });
    }
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'pending', tries: 0 }]);
    await refunds.record(keyOf(refund), LOST, 1, 2);
    expect(await refunds.record(keyOf(refund), AWAY, 1, 2)).toEqual({ kind: 'unknown', retryAfterMs: 0 });
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'unknown', last_error: 'connection refused' }]);
  });

  test('succeeds when a look-up finds it, and its dead letter is resolved', async () => {
    const { orderId, refund, key } = await unknownRefund();
    const found = { kind: 'refunded', reference: 're_9' } as const;
    expect(await refunds.looked(key, found, SETTLED)).toEqual({ kind: 'refunded' });
    expect(await refunds.looked(key, { kind: 'not_found' }, SETTLED)).toEqual({ kind: 'refunded' });
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'succeeded', reference: 're_9' }]);
    expect(await rows.letters(orderId)).toMatchObject([{ state: 'resolved' }]);
    expect(await rows.events(orderId)).toEqual(['refund.unknown', 'refund.succeeded']);
    expect(await refunds.dueOne(refund)).toEqual([]);
  });

  test('fails when a look-up says that the gateway gave it up, and is redriven under a new key', async () => {
    const { orderId, refund, key } = await unknownRefund();
    const found = { kind: 'refused', code: 'refund_failed' } as const;
    expect(await refunds.looked(key, found, SETTLED)).toEqual(found);
    await refunds.redriveRefund(orderId, await cases.openLetter(orderId));
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'pending', number: 2, tries: 0, looked_up: false }]);
    expect(await refunds.dueOne(refund)).toMatchObject([{ state: 'due', request: { key: keyOf(refund, 2) } }]);
  });

  test('stays unknown while the gateway is processing it, or cannot be asked, even after a redrive, which only looks', async () => {
    const { orderId, key } = await unknownRefund();
    for (const found of [{ kind: 'processing' } as const, undefined]) {
      await refunds.redriveRefund(orderId, await cases.openLetter(orderId));
      expect(await rows.letters(orderId)).toMatchObject([{ state: 'redriving' }]);
      expect(await refunds.looked(key, found, SETTLED)).toEqual({ kind: 'unknown', retryAfterMs: 0 });
      expect(await rows.letters(orderId)).toMatchObject([{ state: 'open' }]);
    }
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'unknown', number: 1 }]);
    expect(await rows.events(orderId)).toEqual(['refund.unknown']);
  });

  test('is sent again under its key when it is not found, but not before it has had its time to settle', async () => {
    const { refund, key } = await unknownRefund();
    const early = await refunds.looked(key, { kind: 'not_found' }, { latencyMs: 1, settlingTimeMs: 60_000 });
    expect(early).toMatchObject({ kind: 'unknown', retryAfterMs: expect.any(Number) });
    expect(early.kind === 'unknown' && early.retryAfterMs > 50_000).toBe(true);
    expect(await refunds.looked(key, { kind: 'not_found' }, SETTLED)).toEqual({ kind: 'sendable' });
    expect(await refunds.dueOne(refund)).toMatchObject([{ state: 'due', request: { key } }]);
    await refunds.record(key, REFUNDED, 1, 4);
    expect(await refunds.dueOne(refund)).toEqual([]);
  });

  test.each([true, false])('is settled by evidence; it went back: %s', async (happened) => {
    const { orderId, refund, key } = await unknownRefund();
    const deadLetterId = await cases.openLetter(orderId);
    await cases.prove(orderId, deadLetterId, happened);
    expect(await rows.refunds(orderId)).toMatchObject([{ state: happened ? 'succeeded' : 'failed' }]);
    expect(await rows.letters(orderId)).toMatchObject([{ state: happened ? 'resolved' : 'open', note: SEEN.note }]);
    const outcome = await refunds.looked(key, { kind: 'processing' }, SETTLED);
    expect(outcome.kind).toBe(happened ? 'refunded' : 'refused');
    expect(await refunds.dueOne(refund)).toMatchObject(happened ? [] : [{ state: 'refused' }]);
  });

  test('evidence, a look-up and a gateway event at once settle it once', async () => {
    const events = createGatewayEventStore(stack.database);
    for (let round = 0; round < 10; round += 1) {
      const { orderId, key } = await unknownRefund();
      const deadLetterId = await cases.openLetter(orderId);
      await Promise.all([
        cases.prove(orderId, deadLetterId, true),
        refunds.looked(key, { kind: 'refunded', reference: 're_9' }, SETTLED),
        refunds.record(key, REFUNDED, 1, 4),
      ]);
      expect((await rows.events(orderId)).filter((type) => type === 'refund.succeeded')).toHaveLength(1);
      expect(await events.refundIdOf(key)).toBe((await rows.refunds(orderId))[0]?.refund_id);
      expect(await rows.letters(orderId)).toMatchObject([{ state: 'resolved' }]);
    }
    expect(await events.refundIdOf('nobody:refund:x:1')).toBeUndefined();
  });

  test('of an undo does not hold up the others', async () => {
    const orderId = await rows.insert('cancelling', [10_000, 2_500]);
    await refunds.due({ orderId, owner: OWNER });
    await refunds.record(`${orderId}:charge:1:undo`, LOST, 1, 1);
    expect(await refunds.due({ orderId, owner: OWNER })).toMatchObject([
      { state: 'due', request: { key: `${orderId}:charge:2:undo`, amountMinor: 2_500 } },
      { state: 'unknown', request: { key: `${orderId}:charge:1:undo`, amountMinor: 10_000 } },
    ]);
  });
});

describe('giving up the dead letter of a refund', () => {
  const discard = async (orderId: string) => {
    const letter = (await rows.letters(orderId)).find(({ kind, state }) => kind === 'refund' && state === 'open');
    return createDeadLetterDecisionStore(stack.database).discard(letter?.id ?? '', 'agreed with the customer');
  };

  test.each(['confirmed', 'completed'] as const)(
    'is possible once it failed for good on a %s order',
    async (status) => {
      const orderId = await rows.insertPaid(status);
      const { refund } = await cases.refusedRefund(orderId, 'refused', 4_000);
      expect(await discard(orderId)).toMatchObject({ kind: 'discarded', letter: { state: 'discarded' } });
      expect(await refunds.dueOne(refund)).toEqual([]);
      expect(await refunds.openRefund(asked(orderId, 'again', 10_000))).toEqual({ kind: 'admitted' });
    },
  );

  test('is not while its outcome is unknown, or it is being sent again', async () => {
    const { orderId } = await unknownRefund();
    expect(await discard(orderId)).toMatchObject({ kind: 'unsettled' });
    const paid = await rows.insertPaid();
    const { letter } = await cases.refusedRefund(paid, 'redriven', 4_000);
    await refunds.redriveRefund(paid, letter);
    await stack.database.kysely.updateTable('dead_letters').set({ state: 'open' }).where('id', '=', letter).execute();
    expect(await discard(paid)).toMatchObject({ kind: 'unsettled' });
  });

  test('is not when the money is owed: of an order that is undone, or of a charge beside the payment', async () => {
    const cancelled = await rows.insertPaid('cancelling');
    await refunds.due({ orderId: cancelled, owner: OWNER });
    await refunds.record(`${cancelled}:charge:1:undo`, REFUSED, 1, 4);
    expect(await discard(cancelled)).toMatchObject({ kind: 'unsettled' });

    const twice = await rows.insertPaid();
    await rows.insertCapture(twice, 2, 10_000);
    await refunds.due({ orderId: twice, owner: OWNER });
    await refunds.record(`${twice}:charge:2:undo`, REFUSED, 1, 4);
    expect(await discard(twice)).toMatchObject({ kind: 'unsettled' });
  });
});

test('giving up the alarm of a requested refund is not possible until the money and the stock are back', async () => {
  const orderId = await rows.insertPaid();
  const { kysely } = stack.database;
  const goods = { order_id: orderId, sku: 'product-A', quantity: 1, expires_at: new Date() };
  await kysely
    .insertInto('reservations')
    .values({ ...goods, state: 'committed' })
    .execute();
  const refund = { ...asked(orderId, 'stuck'), restock: true };
  await refunds.openRefund(refund);
  const alarm = { orderId, kind: 'compensation', subject: refund.refundId } as const;
  const letters = createDeadLetterStore(stack.database);
  const discard = async () => {
    const open = (await rows.letters(orderId)).find(({ state }) => state === 'open');
    return createDeadLetterDecisionStore(stack.database).discard(open?.id ?? '', 'seen to');
  };

  await letters.openDeadLetter({ ...alarm, step: 'refund', errorClass: 'UndoFailing', lastError: 'away' });
  expect(await discard()).toEqual({ kind: 'unsettled', detail: 'The refund of this step has not ended.' });
  await refunds.record(keyOf(refund), REFUNDED, 1, 4);
  await letters.openDeadLetter({ ...alarm, step: 'restock', errorClass: 'UndoFailing', lastError: 'away' });
  expect(await discard()).toEqual({ kind: 'unsettled', detail: 'The stock of this refund is not back yet.' });
  await kysely.updateTable('reservations').set({ state: 'restocked' }).where('order_id', '=', orderId).execute();
  expect(await discard()).toMatchObject({ kind: 'discarded' });
});
