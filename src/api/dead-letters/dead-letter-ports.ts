import type { Actor } from '../../domain/actor.js';
import type { DeadLetter, DeadLetterKind, DeadLetterState, Said } from '../../domain/dead-letter.js';
import type { OrderActionOptions } from '../orders/order-actions.js';

export interface DeadLetterFilter {
  state: DeadLetterState;
  kind?: DeadLetterKind;
  orderId?: string;
  limit: number;
  /** Only those after this one. */
  after?: { createdAt: string; id: string };
}

/** `unsettled`: discarding it now would lose track of money or stock; `detail` says which. */
export type Discarded =
  | { kind: 'discarded'; letter: DeadLetter }
  | { kind: 'not_found' }
  | { kind: 'not_open'; state: DeadLetterState }
  | { kind: 'unsettled'; detail: string };

/**
 * The first evidence counts: a repetition is `kept` too, even if the dead letter `isOver`. `under_way` while its refund
 * is being sent.
 */
export type GivenEvidence =
  | { kind: 'kept'; said: Said; isOver: boolean }
  | { kind: 'opposite'; said: Said }
  | { kind: 'not_open'; state: DeadLetterState }
  | { kind: 'under_way' };

/** Work that needs a person. Throws `Unavailable` when the database is unavailable. */
export interface DeadLetterDecisionStore {
  /** Oldest first. */
  list(filter: DeadLetterFilter): Promise<DeadLetter[]>;
  find(id: string): Promise<DeadLetter | undefined>;
  /** open → discarded, once, and only when nothing depends on it any more. Changes no order. */
  discard(id: string, note: string, actor: Actor): Promise<Discarded>;
  /** Stores what a person found out, for the workflow that will receive it. */
  giveEvidence(id: string, said: Said, actor: Actor): Promise<GivenEvidence>;
  /** Records who redrove a dead letter whose state does not show it. */
  noteRedrive(id: string, actor: Actor): Promise<void>;
}

export interface DeadLetterOptions extends OrderActionOptions {
  deadLetters: DeadLetterDecisionStore;
}
