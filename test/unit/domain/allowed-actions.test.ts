import { describe, expect, test } from '@jest/globals';
import { allowedActions, letterActions } from '../../../src/domain/allowed-actions.js';
import { DEAD_LETTER_KINDS } from '../../../src/domain/dead-letter.js';
import { justAccepted, type OrderRecord } from '../../../src/domain/order-record.js';
import { ORDER_STATUSES } from '../../../src/domain/order.js';
import { anOrder } from '../../support/orders.js';
import { aRefund, CAPTURED } from '../api/desk.js';

const actionsOf = (changes: Partial<OrderRecord>) => allowedActions({ ...justAccepted(anOrder()), ...changes });
const paid = (changes: Partial<OrderRecord> = {}) =>
  actionsOf({ status: 'confirmed', attempts: [CAPTURED], ...changes });

describe('what may be asked of an order', () => {
  test.each([
    ['pending', ['cancel']],
    ['in_review', ['cancel', 'approve', 'reject']],
    ['reserved', ['cancel']],
    ['payment_unknown', ['cancel']],
    ['confirmed', ['cancel', 'refund', 'fulfill']],
    ['completed', ['refund']],
    ['compensating', []],
    ['failed', []],
    ['cancelling', []],
    ['cancelled', []],
  ] as const)('is, while it is %s, %j', (status, expected) => {
    const wasPaid = status === 'confirmed' || status === 'completed';
    expect(actionsOf({ status, attempts: wasPaid ? [CAPTURED] : [] })).toEqual(expected);
  });

  test('is known for every status', () => {
    for (const status of ORDER_STATUSES) expect(actionsOf({ status })).toBeInstanceOf(Array);
  });

  test('is no second cancel, no review and no shipment once a cancel was accepted', () => {
    expect(paid({ cancelRequested: true })).toEqual(['refund']);
    expect(actionsOf({ status: 'in_review', cancelRequested: true })).toEqual([]);
  });

  test('is no second decision of a review', () => {
    expect(actionsOf({ status: 'in_review', review: { decision: 'approve', deadline: null } })).toEqual(['cancel']);
  });

  test('is no refund once all money is back, or on its way', () => {
    expect(paid({ refunds: [aRefund({ amountMinor: 3_998 })] })).toEqual(['cancel', 'fulfill']);
    expect(paid({ refunds: [aRefund({ amountMinor: 3_998, state: 'failed' })] })).toContain('refund');
  });

  test('is no shipment of goods that are back, come back, or may still come back', () => {
    const letter = {
      id: 'dl_1',
      kind: 'refund',
      step: 'refund',
      subject: 'rf_1',
      state: 'open',
      lastError: 'refused',
      createdAt: '2026-01-01T00:00:00.000Z',
    } as const;
    const failed = aRefund({ restock: true, state: 'failed' });
    expect(paid({ goodsAreBack: true })).not.toContain('fulfill');
    expect(paid({ refunds: [aRefund({ restock: true })] })).not.toContain('fulfill');
    expect(paid({ refunds: [failed], deadLetters: [letter] })).not.toContain('fulfill');
    expect(paid({ refunds: [failed] })).toContain('fulfill');
  });
});

test('a dead letter says what a person may do about it, by its kind and state', () => {
  const open = Object.fromEntries(DEAD_LETTER_KINDS.map((kind) => [kind, letterActions({ kind, state: 'open' })]));
  const restart = ['redrive', 'discard'];
  expect(open).toEqual({
    charge: restart,
    reserve: restart,
    run: restart,
    compensation: restart,
    notice: restart,
    books: ['discard'],
    refund: ['redrive', 'evidence', 'discard'],
    payment_unknown: ['redrive', 'evidence'],
  });
  expect(letterActions({ kind: 'refund', state: 'redriving' })).toEqual(['evidence']);
  expect(letterActions({ kind: 'refund', state: 'discarded' })).toEqual([]);
});
