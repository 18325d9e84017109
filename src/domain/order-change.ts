import type { Actor } from './actor.js';
import type { Address } from './address.js';
import type { OrderStatus } from './order.js';

/** What may be changed of an order while nothing of it has shipped. What is absent stays; null takes it away. */
export interface OrderChanges {
  shippingAddress?: Address | null;
  billingAddress?: Address | null;
  customerPhone?: string | null;
  metadata?: Record<string, string>;
}

/** A change that was asked for: the input of its workflow. */
export interface RequestedChange {
  orderId: string;
  /** The same for the same request again, so that it takes effect once. */
  changeId: string;
  /** The versions of the order that it is meant for; any without them. */
  expected?: readonly number[];
  changes: OrderChanges;
  actor?: Actor;
}

/** The order goes on, so that where it goes to still matters. */
const CHANGEABLE: readonly OrderStatus[] = ['pending', 'in_review', 'reserved', 'payment_unknown', 'confirmed'];

export const isChangeable = (status: OrderStatus) => CHANGEABLE.includes(status);
