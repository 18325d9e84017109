import { expect, test } from '@jest/globals';
import { distinctNews, type MoneyUpdate } from '../../../src/domain/money-update.js';

const redrive = (deadLetterId: string, requestId: string): MoneyUpdate => ({
  kind: 'redrive',
  deadLetterId,
  actor: { requestId },
});

test('the same redrive by two people is one, and the first of them acts', () => {
  const items = [redrive('dl_1', 'a'), { kind: 'look' }, redrive('dl_2', 'b'), redrive('dl_1', 'b')] as const;
  expect(distinctNews(items)).toEqual(items.slice(0, 3));
});

test('redrives from before actors were kept are the same as one with an actor', () => {
  const old: MoneyUpdate = { kind: 'redrive', deadLetterId: 'dl_1' };
  expect(distinctNews([old, redrive('dl_1', 'a'), old])).toEqual([old]);
});
