/** The numbers of the shop at one moment. */
export interface OrderStats {
  /** Orders that have had an answer, whatever became of them since. */
  settledOrders: number;
  /** The mean time from acceptance to the first answer; null before there is one. */
  averageSettlingSeconds: number | null;
  /** For every status. */
  statusCounts: Record<string, number>;
  /** What waits for somebody, by name. */
  depths: Record<string, number>;
  /** RFC 3339, UTC. */
  asOf: string;
}
