import type { SendResult } from '../activities/deliveries/event-sender.js';
import type { DeliveryState } from '../domain/delivery.js';
import type { EventSource } from '../domain/public-event.js';

/** An endpoint that is enabled. */
export interface Subscriber {
  id: string;
  url: string;
  secrets: readonly string[];
  filters: readonly string[];
}

export interface NewDelivery {
  endpointId: string;
  messageId: string;
  type: string;
  orderId: string;
  seq: number;
  state: Extract<DeliveryState, 'pending' | 'retrying' | 'delivered' | 'failed'>;
  /** Until the next try, for one that is not done. */
  pauseMs: number;
  /** The first try, if it was made. */
  result?: SendResult;
}

/** A delivery that no workflow may be working on. */
export interface OpenDelivery {
  id: string;
  round: number;
  tries: number;
  waitMs: number;
}

/** What the relay reads and writes of webhooks; several at once, in the order asked. */
export interface WebhookStore {
  sources(refs: readonly { orderId: string; seq: number }[]): Promise<(EventSource | undefined)[]>;
  subscribers(): Promise<Subscriber[]>;
  /** Those of the messages that have a delivery already, as `<endpoint id> <message id>`. */
  known(messageIds: readonly string[]): Promise<string[]>;
  /** Adds deliveries that are not there yet; a first try that was answered `gone` disables its endpoint. */
  add(deliveries: readonly NewDelivery[]): Promise<void>;
  /** Claims, for a few seconds, open deliveries that have not been checked for a while, or yet. */
  toWatch(limit: number): Promise<OpenDelivery[]>;
  /** They have a workflow: it need not be checked until its next try is long overdue. */
  watched(deliveries: readonly OpenDelivery[]): Promise<void>;
  /** Looks at it again after the pause. */
  watchAgain(delivery: OpenDelivery, pauseMs: number): Promise<void>;
  /** Ends and deletes what no one needs any more, up to `limit` deliveries of each. @returns how many */
  purge(limit: number, olderThan: { deliveredMs: number; failedMs: number }): Promise<number>;
}

export const deliveryKey = (endpointId: string, messageId: string) => `${endpointId} ${messageId}`;
