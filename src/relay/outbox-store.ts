import type { OutboxEvent } from './outbox-event.js';

export interface ClaimedEvent extends OutboxEvent {
  /** Of its row. */
  id: number;
  /** How often it was claimed, this time included. */
  attempts: number;
}

/** How much waits to be handed on. `oldestAgeMs` is 0 when nothing does. */
export interface Backlog {
  rows: number;
  oldestAgeMs: number;
}

/** The rows of the outbox. Throws `Unavailable` when the database is unavailable. */
export interface OutboxStore {
  /** Claims free events, the longest due first. They are free again when the lease, longer with each attempt, expires. */
  claim(limit: number, leaseMs: number): Promise<ClaimedEvent[]>;
  /** They were handed on. */
  done(ids: readonly number[]): Promise<void>;
  /** Gives an event back, to be taken again after the pause; `counts` when the fault may be its own. */
  giveBack(id: number, fault: { error: string; pauseMs: number; counts: boolean }): Promise<void>;
  backlog(): Promise<Backlog>;
  /** The same, counted no further than this: cheap however much there is. */
  depth(most: number): Promise<number>;
}
