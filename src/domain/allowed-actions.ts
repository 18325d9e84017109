import type { DeadLetter } from './dead-letter.js';
import { refundableMinor, type OrderRecord } from './order-record.js';
import { isCancellable, isRefundable } from './order.js';
import { mayShip, type Returns } from './returns.js';

export const ORDER_ACTIONS = ['cancel', 'refund', 'fulfill', 'approve', 'reject'] as const;

export type OrderAction = (typeof ORDER_ACTIONS)[number];

/** What may be asked of an order as it is now. The database has the last word: it decides under the order's lock. */
export function allowedActions(record: OrderRecord): OrderAction[] {
  const { status, cancelRequested, review } = record;
  const isUndecided = status === 'in_review' && (review?.decision ?? null) === null && !cancelRequested;
  const allowed: Record<OrderAction, boolean> = {
    cancel: isCancellable(status) && !cancelRequested && record.fulfilments.length === 0,
    refund: isRefundable(status) && refundableMinor(record) > 0,
    fulfill: status === 'confirmed' && !cancelRequested && mayShip(returnsOf(record)),
    approve: isUndecided,
    reject: isUndecided,
  };
  return ORDER_ACTIONS.filter((action) => allowed[action]);
}

export const LETTER_ACTIONS = ['redrive', 'evidence', 'discard'] as const;

export type LetterAction = (typeof LETTER_ACTIONS)[number];

/** What a person may do about a dead letter. Whether a discard would forget money or goods is decided when it is asked for. */
export function letterActions({ kind, state }: Pick<DeadLetter, 'kind' | 'state'>): LetterAction[] {
  const isAboutMoney = kind === 'payment_unknown' || kind === 'refund';
  const allowed: Record<LetterAction, boolean> = {
    redrive: state === 'open' && kind !== 'books',
    evidence: (state === 'open' || state === 'redriving') && isAboutMoney,
    discard: state === 'open' && kind !== 'payment_unknown',
  };
  return LETTER_ACTIONS.filter((action) => allowed[action]);
}

/** What the record tells about the goods of its order. */
export function returnsOf({ goodsAreBack, refunds, deadLetters }: OrderRecord): Returns {
  const isWatched = (id: string) => deadLetters.some(({ kind, subject }) => kind === 'refund' && subject === id);
  return {
    areBack: goodsAreBack,
    refunds: refunds.filter(({ restock }) => restock).map(({ id, state }) => ({ state, isWatched: isWatched(id) })),
  };
}
