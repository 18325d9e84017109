import type { Actor } from './actor.js';

/** Work that automation cannot finish: a person has to look. One row per problem. */
export const DEAD_LETTER_TRANSITIONS = {
  open: ['redriving', 'resolved', 'discarded'],
  redriving: ['open', 'resolved'],
  resolved: [],
  discarded: [],
} as const satisfies Record<string, readonly string[]>;

export type DeadLetterState = keyof typeof DEAD_LETTER_TRANSITIONS;

export const DEAD_LETTER_KINDS = [
  /** A charge that used up its retries and provably took no money. */
  'charge',
  /** Stock that could not be reserved for technical reasons. */
  'reserve',
  /** A charge whose outcome no one knows. */
  'payment_unknown',
  /** An undo that keeps failing. */
  'compensation',
  /** A refund that the gateway refused, or took back. */
  'refund',
  /** A workflow that Temporal ended, or never had. */
  'run',
  /** An audit finding. */
  'books',
  /** A customer whom a notice could not reach. */
  'notice',
] as const;

export type DeadLetterKind = (typeof DEAD_LETTER_KINDS)[number];

/** Those of an order's run: resolved once the order has an ending for which no one needs to run it again. */
export const RUN_LETTERS: readonly DeadLetterKind[] = ['charge', 'reserve', 'run'];

export interface DeadLetter {
  id: string;
  orderId: string;
  kind: DeadLetterKind;
  step: string;
  errorClass: string;
  attempts: number;
  lastError: string;
  /** What it is about beyond the order, such as a refund's id; empty otherwise. */
  subject: string;
  state: DeadLetterState;
  resolution: string | null;
  note: string | null;
  /** The last actor of each of these. */
  redrivenBy: Actor | null;
  evidenceBy: Actor | null;
  discardedBy: Actor | null;
  createdAt: string;
  updatedAt: string;
}

/** What a person says about a charge or a refund, by what they found out at the provider. */
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
