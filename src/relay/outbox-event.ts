/** A committed event of an order that someone outside may want. */
export interface OutboxEvent {
  orderId: string;
  /** Its place in the order's timeline. */
  seq: number;
  type: string;
  /** RFC 3339, UTC. */
  createdAt: string;
}

/** Something that wants events: webhook endpoints, notices. */
export interface OutboxConsumer {
  name: string;
  wants(type: string): boolean;
  /**
   * Takes responsibility for the event: done, or handed to a workflow, when this resolves. Called again with the same
   * event after a crash, so it must have one effect however often it runs.
   */
  take(event: OutboxEvent, signal: AbortSignal): Promise<void>;
}
