import { describe, expect, test } from '@jest/globals';
import { mayShip, returnRefusal, type Returns } from '../../../src/domain/returns.js';

type Refund = Returns['refunds'][number];
const refund = (state: Refund['state'], isWatched = false): Refund => ({ state, isWatched });
const returns = (areBack: boolean, ...refunds: Refund[]): Returns => ({ areBack, refunds });
const whole = { amountMinor: 900, leftMinor: 900 };

describe('the goods of an order', () => {
  test.each([
    ['that no one sends back', returns(false), true],
    ['that are back', returns(true), false],
    ['that are back, though the bank has taken their refund back', returns(true, refund('failed')), false],
    ['whose refund is pending', returns(false, refund('pending')), false],
    ['whose refund is unknown', returns(false, refund('unknown', true)), false],
    ['whose refund has succeeded', returns(false, refund('succeeded')), false],
    ['whose refund has failed and may be redriven', returns(false, refund('failed', true)), false],
    ['whose refund has failed for good', returns(false, refund('failed')), true],
    ['of whose refunds one has failed', returns(false, refund('failed'), refund('pending')), false],
  ])('%s, %j: may be shipped? %s', (_, goods, isSo) => {
    expect(mayShip(goods)).toBe(isSo);
  });

  test.each([
    ['for all that is left of the money', returns(false), whole, undefined],
    ['not for less of it', returns(false), { amountMinor: 899, leftMinor: 900 }, 'restock_needs_full_refund'],
    ['not twice', returns(true), whole, 'goods_returned'],
    ['not with a second refund', returns(false, refund('pending')), whole, 'goods_returned'],
    ['with the next refund when one has failed', returns(false, refund('failed', true)), whole, undefined],
  ])('come back %s', (_, goods, money, refusal) => {
    expect(returnRefusal(goods, money)).toBe(refusal);
  });
});
