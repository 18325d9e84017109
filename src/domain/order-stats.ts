/** Statistics at one moment. */
export interface OrderStats {
  /** Orders that ever had an answer, whatever happened to them later. */
  settledOrders: number;
  /** The mean time from acceptance to the first answer; null before there is one. */
  averageSettlingSeconds: number | null;
  /** For every status. */
  statusCounts: Record<string, number>;
  /** The lengths of queues, by name. */
  depths: Record<string, number>;
  gateway: GatewayStanding;
  /** RFC 3339, UTC. */
  asOf: string;
}

/** A circuit breaker that is not closed, as its process reports it. */
export interface BreakerShown {
  state: 'open' | 'half_open';
  scope: 'gateway' | 'method';
  /** When a call may probe the gateway. */
  until: Date | null;
}

/** The payment gateway's state according to the circuit breakers of all workers. */
export interface GatewayStanding {
  breaker: 'closed' | BreakerShown['state'];
  /** Null when all are closed, as are the next two. */
  scope: BreakerShown['scope'] | null;
  /** Since when one is not closed. RFC 3339, UTC. */
  since: string | null;
  /** When the first call may probe. RFC 3339, UTC. */
  until: string | null;
  /** How many workers have a breaker that is not closed. */
  workers: number;
}
