import { expect } from '@jest/globals';
import type { RefundStore, RequestedRefund } from '../../src/activities/refunds.js';
import type { OrderRows } from './order-rows.js';

export const REFUNDED = { kind: 'refunded', reference: 're_1' } as const;
export const REFUSED = { kind: 'refused', code: 'charge_disputed' } as const;

export function asked(orderId: string, name: string, amountMinor?: number): RequestedRefund {
  return {
    orderId,
    refundId: `${name}_${orderId}`,
    ...(amountMinor === undefined ? {} : { amountMinor }),
    reason: 'damaged',
    restock: false,
    fingerprint: `${name}:${amountMinor}`,
  };
}

export const keyOf = ({ orderId, refundId }: RequestedRefund, number = 1) => `${orderId}:refund:${refundId}:${number}`;

export type RefundCases = ReturnType<typeof createRefundCases>;

export function createRefundCases(refunds: RefundStore, rows: OrderRows) {
  /** The id of the order's one open dead letter. */
  async function openLetter(orderId: string): Promise<string> {
    const open = (await rows.letters(orderId)).filter(({ state }) => state === 'open');
    expect(open).toHaveLength(1);
    return open[0]?.id ?? '';
  }

  return {
    openLetter,

    /** A requested refund that the gateway has refused, and its dead letter. */
    async refusedRefund(orderId: string, name: string, amountMinor: number) {
      const refund = asked(orderId, name, amountMinor);
      await refunds.open(refund);
      await refunds.record(keyOf(refund), REFUSED, 12);
      return { refund, letter: await openLetter(orderId) };
    },
  };
}
