/** Resending to an endpoint what it was, or should have been, sent in a span of time. Times are RFC 3339, UTC. */
export interface EndpointRecovery {
  since: string;
  /** Events from then on are not resent. */
  until: string;
  /** Only what the endpoint has not accepted. */
  missedOnly: boolean;
  /** How many deliveries it has started so far. */
  resent: number;
  startedAt: string;
  /** Null while it is running. */
  finishedAt: string | null;
}

/** How far back a recovery may reach: deliveries that failed are kept for as long. */
export const OLDEST_RECOVERY_MS = 90 * 24 * 3_600_000;
