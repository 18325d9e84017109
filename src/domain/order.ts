// The rules of the shop, as types and pure functions: orders, money, failures, policy.
// Never I/O, a clock, randomness or the environment; whatever varies arrives as an argument.

import type { Actor } from './actor.js';
import type { Checkout } from './checkout.js';
import type { Failure } from './failure.js';

/** Which status can follow which. Everything that writes a status checks this table. */
export const ORDER_TRANSITIONS = {
  pending: ['in_review', 'reserved', 'compensating', 'failed', 'cancelling', 'cancelled'],
  in_review: ['pending', 'failed', 'cancelled'],
  reserved: ['confirmed', 'payment_unknown', 'compensating', 'cancelling'],
  payment_unknown: ['confirmed', 'compensating', 'cancelling'],
  confirmed: ['completed', 'cancelling'],
  completed: [],
  compensating: ['failed'],
  failed: ['pending'],
  cancelling: ['cancelled'],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;

export type OrderStatus = keyof typeof ORDER_TRANSITIONS;

export const ORDER_STATUSES = Object.keys(ORDER_TRANSITIONS) as OrderStatus[];

export function canTransition(from: OrderStatus, to: OrderStatus): boolean {
  return (ORDER_TRANSITIONS[from] as readonly OrderStatus[]).includes(to);
}

/** Every status from which `to` may be reached in one step. */
export function statusesBefore(to: OrderStatus): OrderStatus[] {
  return ORDER_STATUSES.filter((from) => canTransition(from, to));
}

// The statuses that each rule covers. Each list is written here once, for the code, its SQL and docs/states.md.

/** A settled order has its answer: its checkout has no further steps. */
export const SETTLED: readonly OrderStatus[] = ['confirmed', 'completed', 'failed', 'cancelled'];
/** Paid in full. Only such an order can be refunded. */
export const PAID: readonly OrderStatus[] = ['confirmed', 'completed'];
/** A charge may be under way, and may still confirm the order. */
export const BEING_PAID: readonly OrderStatus[] = statusesBefore('confirmed');
/** Goods are reserved for the order, or sold. */
export const HOLDING_STOCK: readonly OrderStatus[] = [...BEING_PAID, ...PAID];
/** The order is being undone. */
export const BEING_UNDONE: readonly OrderStatus[] = ['compensating', 'cancelling'];
/** The order can still be cancelled: no cancel is in progress, and it is not too late. */
export const CANCELLABLE: readonly OrderStatus[] = ORDER_STATUSES.filter(
  (status) => status !== 'cancelling' && (canTransition(status, 'cancelling') || canTransition(status, 'cancelled')),
);

export const isSettled = (status: OrderStatus) => SETTLED.includes(status);
export const isPaid = (status: OrderStatus) => PAID.includes(status);
export const isRefundable = isPaid;
export const isBeingPaid = (status: OrderStatus) => BEING_PAID.includes(status);
export const holdsStock = (status: OrderStatus) => HOLDING_STOCK.includes(status);
export const isBeingUndone = (status: OrderStatus) => BEING_UNDONE.includes(status);
export const isCancellable = (status: OrderStatus) => CANCELLABLE.includes(status);

/** One line with the name and price at the time when the order was accepted. */
export interface OrderLine {
  sku: string;
  name: string;
  quantity: number;
  unitPriceMinor: number;
}

/** A validated and priced checkout: the input of its workflow. It never changes. */
export interface AcceptedOrder extends Omit<Checkout, 'lines' | 'expectedTotalMinor'> {
  /** One line per SKU, in SKU order: stock rows are locked in this order. */
  lines: OrderLine[];
  totalMinor: number;
  fingerprint: string;
  requestId: string;
  actor?: Actor;
  /** RFC 3339, UTC. */
  acceptedAt: string;
}

/** Which run acts for which order. A run that does not own its order changes nothing. */
export interface OrderRun {
  orderId: string;
  owner: string;
}

/** How a checkout ended. `superseded`: another run owns the order, and this one did nothing. */
export type OrderOutcome =
  | { status: 'confirmed' }
  | { status: 'failed'; failure: Failure }
  | { status: 'cancelled'; reason: string }
  | { status: 'superseded' };

/** The endings that require an undo. */
export type Undone = Extract<OrderOutcome, { status: 'failed' | 'cancelled' }>;
