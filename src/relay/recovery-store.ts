import type { EventSource } from '../domain/public-event.js';

/** A recovery that a relay works on. */
export interface OpenRecovery {
  endpointId: string;
  filters: readonly string[];
  missedOnly: boolean;
}

/** The last event that was looked at. `at` is RFC 3339 in UTC, to the microsecond. */
export interface RecoveryPlace {
  at: string;
  orderId: string;
  seq: number;
}

/** The next events of a recovery, oldest first. */
export interface RecoveryBatch {
  sources: EventSource[];
  /** Absent when there were none. */
  reached?: RecoveryPlace;
  /** Whether there is nothing after them. */
  isLast: boolean;
}

export interface Resend {
  messageId: string;
  type: string;
  orderId: string;
  seq: number;
}

/** What the relay reads and writes of recoveries. */
export interface RecoveryStore {
  /** Takes one that no relay is working on, for a minute. Those of endpoints that are no longer enabled are finished by this. */
  claim(): Promise<OpenRecovery | undefined>;
  /** Up to `limit` events after the last batch; undefined while the endpoint has too many deliveries waiting to be sent. */
  next(recovery: OpenRecovery, limit: number): Promise<RecoveryBatch | undefined>;
  /** Starts a new round of each delivery, or adds it, and remembers that the batch is done. */
  resend(recovery: OpenRecovery, batch: RecoveryBatch, messages: readonly Resend[]): Promise<void>;
  /** Lets a relay take it again after the pause. */
  giveBack(recovery: OpenRecovery, pauseMs: number): Promise<void>;
}
