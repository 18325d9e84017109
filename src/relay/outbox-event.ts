/** A committed event of an order, before the consumers are asked whether they want it. */
export interface OutboxEvent {
  orderId: string;
  /** Its place in the order's timeline. */
  seq: number;
  type: string;
  /** RFC 3339, UTC. */
  createdAt: string;
}

/** A consumer of events: webhooks, notices. */
export interface OutboxConsumer {
  name: string;
  wants(type: string): boolean;
  /**
   * Takes responsibility for the event: done, or handed to a workflow, when this resolves. Called again with the same
   * event after a crash, so repeating it must have no further effect.
   */
  take(event: OutboxEvent, signal: AbortSignal): Promise<void>;
}
