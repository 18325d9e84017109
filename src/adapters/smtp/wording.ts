import type { FailureReason } from '../../domain/failure.js';
import type { Notice } from '../../domain/notice.js';
import { formatMoney } from '../../domain/money.js';

export interface Wording {
  subject: string;
  headline: string;
  paragraphs: string[];
}

const REASONS: Record<FailureReason, string> = {
  out_of_stock: 'Some of what you ordered is sold out.',
  fraud_rejected: 'We are not able to accept this order.',
  payment_declined: 'Your payment was declined. You can order again with another means of payment.',
  payment_unavailable: 'We could not reach the payment provider. Please order again a little later.',
  payment_mismatch: 'The payment did not match the order.',
  inventory_unavailable: 'A technical problem kept us from setting your items aside. Please order again.',
  expired: 'The order was not paid in time.',
};

/** The text for the customer, true for every order of this kind. */
export function wordingOf(notice: Notice): Wording {
  const { orderId, about, currency, totalMinor } = notice;
  const paid = totalMinor > 0 ? `We have received your payment of ${formatMoney(totalMinor, currency)}. ` : '';
  switch (about) {
    case 'confirmation':
      return {
        subject: `Your order ${orderId} is confirmed`,
        headline: 'Thank you for your order',
        paragraphs: [`${paid}Your order is confirmed.`],
      };
    case 'failure':
      return {
        subject: `Your order ${orderId} could not be completed`,
        headline: 'Your order could not be completed',
        paragraphs: [
          notice.reason === null ? 'Something went wrong on our side.' : REASONS[notice.reason],
          'We keep no money for this order: what may have been taken goes back to you.',
        ],
      };
    case 'cancellation':
      return {
        subject: `Your order ${orderId} is cancelled`,
        headline: 'Your order is cancelled',
        paragraphs: ['We keep no money for this order: what was paid has been sent back to you.'],
      };
    case 'shipment':
      return {
        subject: `Your order ${orderId} is on its way`,
        headline: 'Your order is on its way',
        paragraphs: parcelOf(notice.shipment),
      };
    case 'refund':
      return {
        subject: `A refund for your order ${orderId}`,
        headline: 'Your refund is on its way',
        paragraphs: [
          `We have sent back ${formatMoney(notice.refundMinor ?? 0, currency)}.`,
          'Depending on your bank it can take a few days to arrive.',
        ],
      };
  }
}

function parcelOf(shipment: Notice['shipment']): string[] {
  const { carrier = null, trackingNumber = null, trackingUrl = null } = shipment ?? {};
  const number = trackingNumber === null ? '' : ` under the number ${trackingNumber}`;
  return [
    carrier === null ? `We have sent this parcel to you${number}:` : `${carrier} brings you this parcel${number}:`,
    ...(trackingUrl === null ? [] : [`Follow it here: ${trackingUrl}`]),
  ];
}
