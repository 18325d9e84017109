import { expect } from '@jest/globals';
import type { RefundStore } from '../../src/activities/refunds.js';
import type { RequestedRefund } from '../../src/domain/requested-refund.js';
import { createDeadLetterDecisionStore } from '../../src/adapters/postgres/dead-letters/dead-letter-decision-store.js';
import type { Database } from '../../src/adapters/postgres/pool.js';
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

export const SEEN = { reference: 're_seen', note: 'seen in the dashboard' };

export function createRefundCases(database: Database, refunds: RefundStore, rows: OrderRows) {
  /** The id of the order's one open dead letter. */
  async function openLetter(orderId: string): Promise<string> {
    const open = (await rows.letters(orderId)).filter(({ state }) => state === 'open');
    expect(open).toHaveLength(1);
    return open[0]?.id ?? '';
  }

  return {
    openLetter,

    /** Evidence as the API keeps it, taken up by the workflow. */
    async prove(orderId: string, deadLetterId: string, happened: boolean) {
      const given = await createDeadLetterDecisionStore(database).giveEvidence(deadLetterId, { happened, ...SEEN });
      await refunds.applyRefundEvidence(orderId, { about: 'refund', deadLetterId, happened, ...SEEN });
      return given;
    },

    /** A requested refund that the gateway has refused, and its dead letter. */
    async refusedRefund(orderId: string, name: string, amountMinor: number) {
      const refund = asked(orderId, name, amountMinor);
      await refunds.openRefund(refund);
      await refunds.record(keyOf(refund), REFUSED, 12);
      return { refund, letter: await openLetter(orderId) };
    },
  };
}
