/** Resends the events of a time span to an endpoint. Times are RFC 3339, UTC. */
export interface EndpointRecovery {
  since: string;
  /** Exclusive end of the span. */
  until: string;
  /** Only what the endpoint has not accepted. */
  missedOnly: boolean;
  /** How many deliveries it has started so far. */
  resent: number;
  startedAt: string;
  /** Null while it is running. */
  finishedAt: string | null;
}

/** How far back a recovery may reach; failed deliveries are kept for the same time. */
export const OLDEST_RECOVERY_MS = 90 * 24 * 3_600_000;
