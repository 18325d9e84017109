import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RefundStore } from '../../../src/activities/refunds.js';
import { createGatewayEventStore } from '../../../src/adapters/postgres/money/gateway-event-store.js';
import { createRefundStore } from '../../../src/adapters/postgres/money/refund-store.js';
import { undoRefundKey } from '../../../src/domain/ids.js';
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

let stack: Stack;
let rows: OrderRows;
let refunds: RefundStore;
let openLetter: RefundCases['openLetter'];
let refusedRefund: RefundCases['refusedRefund'];
let prove: RefundCases['prove'];
beforeAll(async () => {
  stack = await startStack();
  rows = createOrderRows(stack.database);
  refunds = createRefundStore(stack.database);
  ({ openLetter, refusedRefund, prove } = createRefundCases(stack.database, refunds, rows));
});
afterAll(async () => stack?.close());

const undoOf = (orderId: string) => refunds.due({ orderId, owner: OWNER });
describe('a requested refund', () => {
  test('is all that is left when no amount is named, and admitted again under the same id and body', async () => {
    const orderId = await rows.insertPaid();
    await refunds.openRefund(asked(orderId, 'part', 3_000));
    const rest = asked(orderId, 'rest');
    expect(await refunds.openRefund(rest)).toEqual({ kind: 'admitted' });
    expect(await refunds.openRefund(rest)).toEqual({ kind: 'admitted' });
    expect((await rows.refunds(orderId)).map((refund) => refund.amount_minor)).toEqual([3_000, 7_000]);

    const conflict = { kind: 'refused', code: 'idempotency_conflict', status: 'confirmed' };
    expect(await refunds.openRefund({ ...rest, fingerprint: 'other' })).toEqual(conflict);
    const elsewhere = await rows.insertPaid();
    expect(await refunds.openRefund({ ...rest, orderId: elsewhere })).toEqual(conflict);
    expect(await refunds.openRefund({ ...rest, refundId: `undo-${orderId}-1` })).toEqual(conflict);
  });

  test.each(['completed', 'confirmed'] as const)('is sent once, even if the order is %s', async (status) => {
    const orderId = await rows.insertPaid(status);
    const refund = asked(orderId, 'all');
    await refunds.openRefund(refund);
    const request = {
      key: keyOf(refund),
      chargeKey: `${orderId}:charge:1`,
      orderId,
      amountMinor: 10_000,
      currency: 'EUR',
    };
    expect(await refunds.dueOne(refund)).toMatchObject([{ state: 'due', request }]);

    await refunds.record(keyOf(refund), { kind: 'ambiguous', reason: 'timeout' }, 5_000);
    expect(await refunds.dueOne(refund)).toMatchObject([{ state: 'due', request }]);
    await refunds.record(keyOf(refund), { kind: 'not_executed', reason: 'connection refused' }, 1);
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'unknown', last_error: 'connection refused' }]);
    await refunds.record(keyOf(refund), REFUNDED, 40);
    await refunds.record(keyOf(refund), { kind: 'ambiguous', reason: 'timeout' }, 5_000);
    await refunds.record(keyOf(refund), REFUSED, 5);
    expect(await refunds.dueOne(refund)).toEqual([]);
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'succeeded', reference: 're_1', last_error: null }]);
    expect(await rows.events(orderId)).toEqual(['refund.succeeded']);
    expect(await rows.order(orderId)).toMatchObject({ status, version: 2 });
    expect(await rows.letters(orderId)).toEqual([]);

    const calls = await stack.database.kysely
      .selectFrom('gateway_calls')
      .select(['operation', 'outcome', 'latency_ms'])
      .where('order_id', '=', orderId)
      .orderBy('id')
      .execute();
    expect(calls.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual([
      'refund ambiguous',
      'refund not_executed',
      'refund refunded',
      'refund ambiguous',
      'refund refused',
    ]);
    expect(calls[2]).toMatchObject({ latency_ms: 40 });
  });

  test('is refused when the order has no payment, or not that much', async () => {
    const paid = await rows.insertPaid();
    const tooMuch = { kind: 'refused', code: 'refund_exceeds_captured', status: 'confirmed' };
    expect(await refunds.openRefund(asked(paid, 'much', 10_001))).toEqual(tooMuch);
    expect(await refunds.openRefund(asked(paid, 'nothing', 0))).toEqual(tooMuch);
    expect(await refunds.openRefund(asked(paid, 'all'))).toEqual({ kind: 'admitted' });
    expect(await refunds.openRefund(asked(paid, 'more'))).toEqual(tooMuch);

    const reserved = await rows.insert('reserved');
    const notRefundable = { kind: 'refused', code: 'not_refundable', status: 'reserved' };
    expect(await refunds.openRefund(asked(reserved, 'early', 1))).toEqual(notRefundable);
    const unknown = { kind: 'refused', code: 'not_found', status: null };
    expect(await refunds.openRefund(asked('nobody', 'lost', 1))).toEqual(unknown);
  });

  test('R25: twenty admins refund at once and never give back more than was captured', async () => {
    for (let round = 0; round < 5; round++) {
      const orderId = await rows.insertPaid();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, admin) => refunds.openRefund(asked(orderId, `admin${admin}`, 3_000))),
      );
      expect(answers.filter(({ kind }) => kind === 'admitted')).toHaveLength(3);
      expect(await rows.refunds(orderId)).toHaveLength(3);
    }
  });

  test('R25: the same request twenty times at once is one refund', async () => {
    const orderId = await rows.insertPaid();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => refunds.openRefund(asked(orderId, 'same', 4_000))),
    );
    expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(['admitted']));
    expect(await rows.refunds(orderId)).toHaveLength(1);
  });

  test('R25: a refund and a cancel at once share the money, no matter which is first', async () => {
    for (let round = 0; round < 20; round++) {
      const orderId = await rows.insertPaid();
      const cancel = async () => {
        await rows.setStatus(orderId, 'cancelling');
        await undoOf(orderId);
      };
      await Promise.all([refunds.openRefund(asked(orderId, 'race', 4_000)), cancel()]);
      const amounts = (await rows.refunds(orderId)).map((refund) => refund.amount_minor);
      expect(amounts.reduce((sum, amount) => sum + amount, 0)).toBe(10_000);
    }
  });
});

describe('R26: a refund that fails', () => {
  test('opens a dead letter, and its amount can be refunded again', async () => {
    const orderId = await rows.insertPaid();
    const { refund } = await refusedRefund(orderId, 'first', 10_000);
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'failed', last_error: 'charge_disputed' }]);
    expect(await rows.letters(orderId)).toMatchObject([
      { kind: 'refund', subject: refund.refundId, error_class: 'RefundRefused', attempts: 1, state: 'open' },
    ]);
    expect(await rows.events(orderId)).toEqual(['refund.failed']);
    expect(await refunds.dueOne(refund)).toEqual([{ state: 'refused', code: 'charge_disputed' }]);
    expect(await refunds.openRefund(asked(orderId, 'second', 10_000))).toEqual({ kind: 'admitted' });
  });

  test('R28: two redrives at once give it one new key, and its success resolves the dead letter', async () => {
    for (let round = 0; round < 20; round++) {
      const orderId = await rows.insertPaid();
      const { refund, letter } = await refusedRefund(orderId, 'redriven', 10_000);
      await Promise.all([refunds.redriveRefund(orderId, letter), refunds.redriveRefund(orderId, letter)]);
      expect(await rows.refunds(orderId)).toMatchObject([
        { state: 'pending', number: 2, idempotency_key: keyOf(refund, 2), amount_minor: 10_000 },
      ]);
      expect(await rows.letters(orderId)).toMatchObject([{ state: 'redriving' }]);
      await refunds.record(keyOf(refund, 2), REFUNDED, 7);
      expect(await rows.letters(orderId)).toMatchObject([{ state: 'resolved' }]);
      expect(await rows.events(orderId)).toEqual(['refund.failed', 'refund.succeeded']);
    }
  });

  test('refused again, it is open again under the same dead letter', async () => {
    const orderId = await rows.insertPaid();
    const { refund, letter } = await refusedRefund(orderId, 'twice', 5_000);
    await refunds.redriveRefund(orderId, letter);
    await refunds.record(keyOf(refund, 2), REFUSED, 7);
    expect(await rows.letters(orderId)).toMatchObject([{ id: letter, state: 'open', attempts: 2 }]);
  });

  test('an unknown outcome never gets a new key', async () => {
    const orderId = await rows.insertPaid();
    const { refund, letter } = await refusedRefund(orderId, 'unknown', 5_000);
    await refunds.redriveRefund(orderId, letter);
    await refunds.record(keyOf(refund, 2), { kind: 'ambiguous', reason: 'timeout' }, 7);
    await refunds.redriveRefund(orderId, letter);
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'unknown', number: 2 }]);
  });

  test('one whose dead letter is settled is not sent again', async () => {
    const orderId = await rows.insertPaid();
    const { refund, letter } = await refusedRefund(orderId, 'discarded', 5_000);
    await stack.database.kysely
      .updateTable('dead_letters')
      .set({ state: 'discarded' })
      .where('id', '=', letter)
      .execute();
    await refunds.redriveRefund(orderId, letter);
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'failed', number: 1 }]);
    expect(await refunds.dueOne(refund)).toEqual([]);
  });

  test('redriven after its money went another way, it is superseded', async () => {
    const orderId = await rows.insertPaid();
    const { refund, letter } = await refusedRefund(orderId, 'overtaken', 6_000);
    await refunds.openRefund(asked(orderId, 'instead', 8_000));
    await refunds.redriveRefund(orderId, letter);
    expect(await rows.letters(orderId)).toMatchObject([{ state: 'resolved' }]);
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'failed', number: 1 }, { state: 'pending' }]);
    expect(await refunds.dueOne(refund)).toEqual([]);
  });

  test('a success under a key that was given up is shown to a person', async () => {
    const orderId = await rows.insertPaid();
    const { refund, letter } = await refusedRefund(orderId, 'straggler', 5_000);
    await refunds.redriveRefund(orderId, letter);
    await refunds.record(keyOf(refund, 1), REFUNDED, 9_000);
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'pending', number: 2 }]);
    expect((await rows.letters(orderId)).map(({ kind }) => kind).sort()).toEqual(['books', 'refund']);
  });

  test('late, after success: failed once, the order stays as it is, and a redrive sends it again', async () => {
    const events = createGatewayEventStore(stack.database);
    const orderId = await rows.insertPaid('cancelled');
    await undoOf(orderId);
    const key = undoRefundKey(orderId, 1);
    await refunds.record(key, REFUNDED, 3);
    const changes = await Promise.all(Array.from({ length: 10 }, () => events.refundFailedLate(key)));
    expect(changes.filter(Boolean)).toHaveLength(1);
    await refunds.record(key, REFUNDED, 3);
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'failed' }]);
    expect(await rows.order(orderId)).toMatchObject({ status: 'cancelled', version: 3 });
    expect(await rows.events(orderId)).toEqual(['refund.succeeded', 'refund.failed']);
    expect(await rows.letters(orderId)).toMatchObject([{ error_class: 'RefundTakenBack', state: 'open' }]);

    await refunds.redriveRefund(orderId, await openLetter(orderId));
    expect(await events.refundFailedLate(key)).toBe(false);
    const again = `${orderId}:refund:undo-${orderId}-1:2`;
    expect(await undoOf(orderId)).toMatchObject([{ state: 'due', request: { key: again, amountMinor: 10_000 } }]);
    await refunds.record(again, REFUNDED, 3);
    expect(await undoOf(orderId)).toEqual([]);
  });

  test('the news that it failed may come before the answer that it worked', async () => {
    const orderId = await rows.insertPaid();
    const refund = asked(orderId, 'shuffled');
    await refunds.openRefund(refund);
    expect(await createGatewayEventStore(stack.database).refundFailedLate(keyOf(refund))).toBe(true);
    await refunds.record(keyOf(refund), REFUNDED, 3);
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'failed' }]);
  });
});

describe('evidence', () => {
  test('that the money went back ends the refund and its dead letter', async () => {
    const orderId = await rows.insertPaid();
    const { letter } = await refusedRefund(orderId, 'seen', 5_000);
    await prove(orderId, letter, true);
    await prove(orderId, letter, false);
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'succeeded', reference: 're_seen' }]);
    expect(await rows.letters(orderId)).toMatchObject([{ state: 'resolved', note: SEEN.note }]);
  });

  test('that two refused refunds of all the money went back is believed of one: more cannot have', async () => {
    const orderId = await rows.insertPaid();
    const first = await refusedRefund(orderId, 'first', 10_000);
    const second = asked(orderId, 'second', 10_000);
    await refunds.openRefund(second);
    await prove(orderId, first.letter, true);
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'failed' }, { state: 'pending' }]);
    expect(await rows.letters(orderId)).toMatchObject([
      { state: 'resolved', note: SEEN.note, resolution: 'superseded: another refund gives this money back' },
    ]);

    await refunds.record(keyOf(second), REFUSED, 12);
    const letter = await openLetter(orderId);
    await prove(orderId, letter, true);
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'failed' }, { state: 'succeeded' }]);
  });

  test('that it did not leaves the refund to be redriven', async () => {
    const orderId = await rows.insertPaid();
    const { refund, letter } = await refusedRefund(orderId, 'unseen', 5_000);
    await refunds.redriveRefund(orderId, letter);
    await refunds.record(keyOf(refund, 2), { kind: 'ambiguous', reason: 'timeout' }, 7, 1);
    await prove(orderId, letter, false);
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'failed' }]);
    await refunds.redriveRefund(orderId, await openLetter(orderId));
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'pending', number: 3 }]);
  });
});
