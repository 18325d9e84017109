import type { NewDeadLetter } from '../../src/activities/dead-letters.js';
import type { Verdict } from '../../src/activities/screening.js';
import type { CheckoutLine } from '../../src/domain/checkout.js';
import type { DeadLetterKind, DeadLetterState } from '../../src/domain/dead-letter.js';
import {
  canTransition,
  isSettled,
  type AcceptedOrder,
  type OrderRun,
  type OrderStatus,
  type Undone,
} from '../../src/domain/order.js';
import type { ReviewDecision } from '../../src/domain/outcomes.js';
import type { AttemptState, RefundState } from '../../src/domain/payment-states.js';
import type { ReservationState } from '../../src/domain/reservation.js';
import type { Returns } from '../../src/domain/returns.js';

export interface FakeAttempt {
  attempt: number;
  owner: string;
  state: AttemptState;
  doubtful: boolean;
  tries: number;
  code?: string;
  captured?: { amountMinor: number; currency: string };
}

export interface FakeRefund {
  key: string;
  /** Those that it had before its redrives. */
  pastKeys: string[];
  refundId: string;
  attempt: number;
  amountMinor: number;
  state: RefundState;
  tries?: number;
  isLookedUp?: boolean;
  /** Asked for by someone, not by the undo of the order. */
  requested: boolean;
  restock?: boolean;
  fingerprint?: string;
  code?: string;
  /** Until when no one else may send it, by the clock of this process. */
  sendBy?: number;
  /** The bank took it back: newer than any answer. */
  isTakenBack?: boolean;
}

export interface FakeOrder {
  order: AcceptedOrder;
  owner: string;
  status: OrderStatus;
  trail: OrderStatus[];
  held: 'none' | ReservationState;
  /** When its time to pay is over, by the clock of this process. */
  expiresAt: number;
  attempts: FakeAttempt[];
  refunds: FakeRefund[];
  fulfilments: { id: string; fingerprint: string; items: CheckoutLine[] }[];
  /** The attempt that paid for the order. */
  settledBy?: number;
  verdict?: Verdict;
  review?: ReviewDecision | 'expired';
  cancelRequested: boolean;
  cancelReason?: string;
  /** How often it was moved or changed. */
  version: number;
  changes: string[];
  /** What its undo, once begun, will end it as. */
  undoing?: Undone;
  ending?: Undone;
}

export interface FakeLetter extends NewDeadLetter {
  id: string;
  subject: string;
  state: DeadLetterState;
}

export type FakeTables = ReturnType<typeof createFakeTables>;

/** What the fake ports share: rows, and the rules by which they move. */
export function createFakeTables(stock: Record<string, number>) {
  const orders = new Map<string, FakeOrder>();
  const cancels = new Map<string, string>();
  const letters: FakeLetter[] = [];

  return {
    orders,
    letters,
    stock,
    /** The reasons of the cancels that were accepted, whether or not the order has a row yet. */
    cancels,
    /** How long a `not_found` proves nothing yet. */
    settling: { inMs: 0 },

    entry(orderId: string): FakeOrder {
      const found = orders.get(orderId);
      if (found === undefined) throw new Error(`no order ${orderId}`);
      return found;
    },

    place(order: AcceptedOrder, owner: string): FakeOrder {
      const found = orders.get(order.orderId);
      if (found !== undefined) return found;
      const placed: FakeOrder = {
        order,
        owner,
        status: 'pending',
        trail: ['pending'],
        held: 'none',
        expiresAt: Infinity,
        attempts: [],
        refunds: [],
        fulfilments: [],
        cancelRequested: false,
        version: 1,
        changes: [],
      };
      orders.set(order.orderId, placed);
      return placed;
    },

    move(found: FakeOrder, to: OrderStatus): boolean {
      if (!canTransition(found.status, to)) return false;
      found.status = to;
      found.version += 1;
      found.trail.push(to);
      return true;
    },

    /** Takes all lines of the order, or none. */
    hold(found: FakeOrder): boolean {
      const { lines } = found.order;
      if (lines.some(({ sku, quantity }) => (stock[sku] ?? 0) < quantity)) return false;
      for (const { sku, quantity } of lines) stock[sku] = (stock[sku] ?? 0) - quantity;
      found.held = 'active';
      return true;
    },

    putBack(found: FakeOrder): void {
      for (const { sku, quantity } of found.order.lines) stock[sku] = (stock[sku] ?? 0) + quantity;
      const isExpired = found.undoing?.status === 'failed' && found.undoing.failure.reason === 'expired';
      if (found.held === 'committed') found.held = 'restocked';
      else found.held = isExpired ? 'expired' : 'released';
    },

    openLetter(letter: NewDeadLetter): void {
      const { orderId, kind, subject = '' } = letter;
      const known = letters.find((other) => isUnsettled(other) && isAbout(other, orderId, kind, subject));
      if (known === undefined) letters.push({ ...letter, id: `letter-${letters.length + 1}`, subject, state: 'open' });
      else Object.assign(known, { lastError: letter.lastError, state: 'open' });
    },

    unsettledLetter: (orderId: string, kind: DeadLetterKind, letterId: string): FakeLetter | undefined =>
      letters.find((one) => one.id === letterId && one.orderId === orderId && one.kind === kind && isUnsettled(one)),

    hasUnsettledLetter: (orderId: string, kind: DeadLetterKind, subject: string): boolean =>
      letters.some((letter) => isUnsettled(letter) && isAbout(letter, orderId, kind, subject)),

    resolveLetters(orderId: string, kinds: readonly DeadLetterKind[], subject?: string): void {
      for (const letter of letters.filter((other) => other.orderId === orderId && isUnsettled(other))) {
        const isMeant = kinds.includes(letter.kind) && (subject === undefined || letter.subject === subject);
        if (isMeant) letter.state = 'resolved';
      }
    },

    returnsOf: ({ order, held, refunds }: FakeOrder): Returns => ({
      areBack: held === 'restocked',
      refunds: refunds
        .filter(({ restock }) => restock === true)
        .map(({ state, refundId }) => ({
          state,
          isWatched: letters.some(
            (letter) => isUnsettled(letter) && isAbout(letter, order.orderId, 'refund', refundId),
          ),
        })),
    }),

    /** What an order is to end as whose cancel was accepted. */
    requestedOf(found: FakeOrder): Undone | undefined {
      const noted = found.cancelRequested && !isSettled(found.status) ? (found.cancelReason ?? 'cancelled') : undefined;
      const reason = cancels.get(found.order.orderId) ?? noted;
      return reason === undefined ? undefined : { status: 'cancelled', reason };
    },

    /** Whether the time to pay was over before this run began to pay, with no charge of another run in the way. */
    isPastItsTime({ held, expiresAt, attempts }: FakeOrder, { owner }: OrderRun): boolean {
      const isInTheWay = (attempt: FakeAttempt) =>
        attempt.owner === owner || attempt.doubtful || ['sent', 'unknown', 'captured'].includes(attempt.state);
      return held === 'active' && expiresAt < Date.now() && !attempts.some(isInTheWay);
    },

    lettersOf: (orderId: string) => letters.filter((letter) => letter.orderId === orderId),
  };
}

const isUnsettled = ({ state }: FakeLetter) => state === 'open' || state === 'redriving';

const isAbout = (letter: FakeLetter, orderId: string, kind: DeadLetterKind, subject: string) =>
  letter.orderId === orderId && letter.kind === kind && letter.subject === subject;
