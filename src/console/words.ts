import type { DeadLetterKind } from '../domain/dead-letter.js';
import type { OrderStatus } from '../domain/order.js';
import type { Waiting } from '../domain/order-waiting.js';

/** How a status looks: what needs a person stands out, what is well does not. */
export const TONES: Record<OrderStatus, 'busy' | 'good' | 'bad' | 'person' | 'quiet'> = {
  pending: 'busy',
  in_review: 'person',
  reserved: 'busy',
  payment_unknown: 'person',
  confirmed: 'good',
  completed: 'good',
  compensating: 'busy',
  failed: 'bad',
  cancelling: 'busy',
  cancelled: 'quiet',
};

/** What is known about a dead letter of each kind, and what can be done. */
export const LETTER_WORDS: Record<DeadLetterKind, { title: string; meaning: string }> = {
  charge: {
    title: 'Charge given up',
    meaning: 'The gateway could not be reached, and no money was taken. A redrive reserves and charges again.',
  },
  reserve: {
    title: 'Stock not reserved',
    meaning: 'The stock could not be reserved for a technical reason, and no money was taken. A redrive tries again.',
  },
  payment_unknown: {
    title: 'Charge of unknown outcome',
    meaning:
      'It is not known yet whether money was taken. Look the charge up at the provider by its key, then give evidence; a redrive asks the gateway again.',
  },
  compensation: {
    title: 'Undo keeps failing',
    meaning: 'Something that the order did is still being taken back. A redrive tries again at once.',
  },
  refund: {
    title: 'Refund refused',
    meaning:
      'The gateway refused this refund. A redrive sends it under a new key; if the money went back in another way, give evidence.',
  },
  run: {
    title: 'Run is gone',
    meaning: 'The workflow of this order no longer exists. A redrive starts its recovery.',
  },
  books: {
    title: 'Audit finding',
    meaning: 'The audit found something that does not add up. Repair it by hand, then discard this entry.',
  },
  notice: {
    title: 'Notice not sent',
    meaning: 'The customer could not be reached. No money and no goods depend on it.',
  },
};

export function waitingWords({ for: what }: Waiting): string {
  const words: Record<Waiting['for'], string> = {
    review: 'Waiting for a person to decide the review',
    payment_gateway: 'Waiting for the payment gateway',
    payment_retry: 'Waiting for the next try to charge',
    payment_outcome: 'Waiting to learn whether the charge took money',
  };
  return words[what];
}

/** `order.payment_declined` → `Order payment declined`. */
export function eventWords(type: string): string {
  const words = type.replaceAll(/[._]/g, ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

export const statusWords = (status: string): string => status.replaceAll('_', ' ');

/** What a page says after an action, by the name in its URL: never text from the URL itself. */
export const DONE: Readonly<Record<string, string>> = {
  cancel: 'The cancel was accepted. What was captured is refunded, what was reserved is released.',
  refund: 'The refund was accepted. The money is sent in the background.',
  fulfill: 'The order is completed.',
  approve: 'The review was approved.',
  reject: 'The review was rejected.',
  redrive: 'It is being processed again.',
  discard: 'Discarded. No order was changed.',
  evidence: 'The evidence was accepted.',
  adjust: 'The stock was adjusted.',
  resend: 'The delivery will be sent again.',
};
