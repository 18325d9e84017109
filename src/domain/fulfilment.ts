import type { Actor } from './actor.js';
import type { CheckoutLine } from './checkout.js';
import type { OrderStatus } from './order.js';

export const FULFILMENT_STATUSES = ['none', 'partial', 'complete'] as const;

export type FulfilmentStatus = (typeof FULFILMENT_STATUSES)[number];

/** How a parcel travels, as far as the shop says. */
export interface Shipment {
  carrier: string | null;
  trackingNumber: string | null;
  trackingUrl: string | null;
}

/** What left for the customer together. */
export interface Fulfilment extends Shipment {
  id: string;
  items: CheckoutLine[];
  fingerprint: string;
  /** RFC 3339, UTC. */
  createdAt: string;
}

/** A fulfillment that was asked for: the input of its workflow. */
export interface RequestedFulfilment extends Shipment {
  orderId: string;
  fulfilmentId: string;
  /** All that has not shipped yet when absent. */
  items?: CheckoutLine[];
  fingerprint: string;
  actor?: Actor;
}

/** An order of one piece has no parcels of its own: it is completed, and with that all of it has shipped. */
export function fulfilmentStatusOf(status: OrderStatus, fulfilments: readonly unknown[]): FulfilmentStatus {
  if (status === 'completed') return 'complete';
  return fulfilments.length > 0 ? 'partial' : 'none';
}

/** What of each line has not shipped, in the order of the lines; nothing of those that have. */
export function unshippedOf(
  lines: readonly CheckoutLine[],
  fulfilments: readonly { items: readonly CheckoutLine[] }[],
): CheckoutLine[] {
  const shipped = fulfilments.flatMap(({ items }) => items);
  return lines
    .map(({ sku, quantity }) => ({
      sku,
      quantity: shipped.reduce((left, item) => (item.sku === sku ? left - item.quantity : left), quantity),
    }))
    .filter(({ quantity }) => quantity > 0);
}

/** Whether all of these units are still there to be shipped. */
export function areUnshipped(items: readonly CheckoutLine[], unshipped: readonly CheckoutLine[]): boolean {
  return items.every(({ sku, quantity }) => {
    return (unshipped.find((line) => line.sku === sku)?.quantity ?? 0) >= quantity;
  });
}
