// What the relay needs from the database; `adapters/postgres/events` has the implementations.
import type { SendResult } from '../activities/deliveries/event-sender.js';
import type { DeliveryState } from '../domain/delivery.js';
import type { NoticeRef } from '../domain/notice.js';
import type { RecordedEvent } from '../domain/public-event.js';
import type { OutboxEvent } from './outbox-event.js';

export interface ClaimedEvent extends OutboxEvent {
  /** Of the row. */
  id: number;
  /** How often it was claimed, including this time. */
  attempts: number;
}

/** How many events wait to be handed on. `oldestAgeMs` is 0 if there are none. */
export interface Backlog {
  rows: number;
  oldestAgeMs: number;
}

/** The rows of the outbox. Throws `Unavailable` when the database is unavailable. */
export interface OutboxStore {
  /** Claims free events, the longest due first, until the lease expires, which grows with each attempt. */
  claim(limit: number, leaseMs: number): Promise<ClaimedEvent[]>;
  /** Deletes events that were handed on. */
  done(ids: readonly number[]): Promise<void>;
  /** Returns an event, to be claimed again after the pause; `counts` if the event may have caused the fault. */
  giveBack(id: number, fault: { error: string; pauseMs: number; counts: boolean }): Promise<void>;
  backlog(): Promise<Backlog>;
  /** The same, counted up to a limit, so that it stays cheap. */
  depth(most: number): Promise<number>;
}

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

/** A delivery that may have no workflow. */
export interface OpenDelivery {
  id: string;
  round: number;
  tries: number;
  waitMs: number;
}

/** What the relay reads and writes about webhooks, several items per call, answered in the same order. */
export interface WebhookStore {
  sources(refs: readonly { orderId: string; seq: number }[]): Promise<(RecordedEvent | undefined)[]>;
  subscribers(): Promise<Subscriber[]>;
  /** Those of the messages that have a delivery already, as `<endpoint id> <message id>`. */
  known(messageIds: readonly string[]): Promise<string[]>;
  /** Adds deliveries that are not there yet; a first try that was answered `gone` disables its endpoint. */
  add(deliveries: readonly NewDelivery[]): Promise<void>;
  /** Claims, for a few seconds, open deliveries that have not been checked recently, or ever. */
  toWatch(limit: number): Promise<OpenDelivery[]>;
  /** They have a workflow, which is checked again only when its next try is long overdue. */
  watched(deliveries: readonly OpenDelivery[]): Promise<void>;
  /** Looks at it again after the pause. */
  watchAgain(delivery: OpenDelivery, pauseMs: number): Promise<void>;
  /** Ends and deletes what is no longer needed, up to `limit` deliveries of each kind. @returns how many */
  purge(limit: number, olderThan: { deliveredMs: number; failedMs: number }): Promise<number>;
}

export const deliveryKey = (endpointId: string, messageId: string) => `${endpointId} ${messageId}`;

/** A recovery that a relay works on. */
export interface OpenRecovery {
  endpointId: string;
  filters: readonly string[];
  missedOnly: boolean;
}

/** The last event that was processed. `at` is RFC 3339 in UTC, to the microsecond. */
export interface RecoveryPlace {
  at: string;
  orderId: string;
  seq: number;
}

/** The next events of a recovery, oldest first. */
export interface RecoveryBatch {
  sources: RecordedEvent[];
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

/** What the relay reads and writes about recoveries. */
export interface RecoveryStore {
  /** Claims a recovery that no relay is working on, for a minute. Recoveries of disabled endpoints are finished. */
  claim(): Promise<OpenRecovery | undefined>;
  /**
   * Up to `limit` events after the last batch; undefined while the endpoint has too many deliveries waiting to be sent.
   */
  next(recovery: OpenRecovery, limit: number): Promise<RecoveryBatch | undefined>;
  /** Starts a new round of each delivery, or adds the delivery, and records that the batch is done. */
  resend(recovery: OpenRecovery, batch: RecoveryBatch, messages: readonly Resend[]): Promise<void>;
  /** Lets a relay claim it again after the pause. */
  giveBack(recovery: OpenRecovery, pauseMs: number): Promise<void>;
}

/** The notices that were handed to workflows. Throws `Unavailable` when the database is unavailable. */
export interface NoticeWatchStore {
  /** Records that a workflow will send it, before there is one, so that it is found if Temporal loses the workflow. */
  hold(ref: NoticeRef): Promise<void>;
  /** Claims, for a few seconds, pending notices whose workflow has not been checked recently. */
  toWatch(limit: number): Promise<NoticeRef[]>;
  /** They have a workflow, which is checked again after a while, later for old ones. */
  watched(refs: readonly NoticeRef[]): Promise<void>;
  /** Looks at it again after the pause. */
  watchAgain(ref: NoticeRef, pauseMs: number): Promise<void>;
}

export interface LookedAtEvent {
  gateway: string;
  eventId: string;
}

/** The stored gateway events that are not processed. Throws `Unavailable` when the database is unavailable. */
export interface GatewayEventWatchStore {
  /** Takes, for half a minute, those that are due and tell something new; marks those that do not as processed. */
  toWatch(limit: number): Promise<LookedAtEvent[]>;
  /** They are processed, or have a workflow: it need not be checked for a while, longer for old ones. */
  watched(events: readonly LookedAtEvent[]): Promise<void>;
  /** Looks at it again after the pause. */
  watchAgain(event: LookedAtEvent, pauseMs: number): Promise<void>;
}
