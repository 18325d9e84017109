import type { Actor } from './actor.js';

/** Work that automation cannot finish and that needs a person. One row per problem. */
export const DEAD_LETTER_TRANSITIONS = {
  open: ['redriving', 'resolved', 'discarded'],
  redriving: ['open', 'resolved'],
  resolved: [],
  discarded: [],
} as const satisfies Record<string, readonly string[]>;

export type DeadLetterState = keyof typeof DEAD_LETTER_TRANSITIONS;

export const DEAD_LETTER_KINDS = [
  /** A charge that used up its retries and is proven to have taken no money. */
  'charge',
  /** Stock that could not be reserved for technical reasons. */
  'reserve',
  /** A charge whose outcome is unknown. */
  'payment_unknown',
  /** An undo that keeps failing. */
  'compensation',
  /** A refund that the gateway refused, or took back. */
  'refund',
  /** A workflow that was ended from outside, or that Temporal has lost. */
  'run',
  /** An audit finding. */
  'books',
  /** A notice that could not be sent to a customer. */
  'notice',
] as const;

export type DeadLetterKind = (typeof DEAD_LETTER_KINDS)[number];

/** Those about an order's run: resolved once the order ends in a way that needs no other run. */
export const RUN_LETTERS: readonly DeadLetterKind[] = ['charge', 'reserve', 'run'];

export interface DeadLetter {
  id: string;
  orderId: string;
  kind: DeadLetterKind;
  step: string;
  errorClass: string;
  attempts: number;
  lastError: string;
  /** What it is about besides the order, such as a refund's id; otherwise empty. */
  subject: string;
  state: DeadLetterState;
  resolution: string | null;
  note: string | null;
  /** The most recent actor of each of these actions. */
  redrivenBy: Actor | null;
  evidenceBy: Actor | null;
  discardedBy: Actor | null;
  createdAt: string;
  updatedAt: string;
}

/** What a person found out about a charge or a refund at the provider. */
export interface Said {
  /** True: the money moved. */
  happened: boolean;
  reference: string;
  note: string;
}

/** The same, for the workflow that waits for it. */
export interface Evidence extends Said {
  about: 'charge' | 'refund';
  deadLetterId: string;
}
