// One attempt to deliver an event to a webhook endpoint, and how many may run at once.
// Never when the next attempt comes: that is the workflow's, or the relay's.

import { Context } from '@temporalio/activity';
import { pauseFor, type DeliveryState } from '../../domain/delivery.js';
import { messageOf, type RecordedEvent } from '../../domain/public-event.js';
import type { EndpointGates } from './endpoint-gates.js';
import type { EventSender, SendResult } from './event-sender.js';

/** A delivery to try now. Without a source it is a test. */
export interface DueDelivery {
  endpointId: string;
  url: string;
  secrets: readonly string[];
  messageId: string;
  type: string;
  /** RFC 3339, UTC. */
  createdAt: string;
  source?: RecordedEvent;
}

export interface DeliveryRound {
  deliveryId: string;
  /** Which replay it is; a workflow of an earlier round changes nothing. */
  round: number;
}

export interface DeliveryStore {
  /**
   * What to send; undefined when the round is over. This ends a delivery whose endpoint
   * has been disabled or deleted.
   */
  due(run: DeliveryRound): Promise<DueDelivery | undefined>;
  /** Records the try and, unless the round is over, moves the delivery. `gone` disables the endpoint. */
  record(run: DeliveryRound, result: SendResult, then: { state: DeliveryState; pauseMs?: number }): Promise<void>;
  /** Records when the next try is due. */
  postpone(run: DeliveryRound, pauseMs: number): Promise<void>;
}

export interface DeliveryPorts {
  deliveries: DeliveryStore;
  eventSender: EventSender;
  gates: EndpointGates;
}

export interface AttemptInput extends DeliveryRound {
  /** The pause before the next try; absent for the last one. */
  pauseMs?: number;
  /** How often this try was postponed because the endpoint had too many others in progress. */
  postponed: number;
}

/** `again`: this try failed. `later`: no try was made because the endpoint is busy. */
export type AttemptOutcome =
  | { kind: 'over' }
  | { kind: 'delivered' }
  | { kind: 'failed' }
  | { kind: 'again'; pauseMs: number }
  | { kind: 'later'; pauseMs: number };

export type DeliveryActivities = ReturnType<typeof createDeliveryActivities>;

/** Within the 15 to 30 seconds of the Standard Webhooks specification. */
export const SEND_TIMEOUT_MS = 20_000;

const BUSY_PAUSE_MS = 30_000;
const LONGEST_BUSY_PAUSE_MS = 1_800_000;

export function createDeliveryActivities({ deliveries, eventSender, gates }: DeliveryPorts) {
  return {
    /** One try of one delivery. */
    async attemptDelivery({ pauseMs, postponed, ...run }: AttemptInput): Promise<AttemptOutcome> {
      const due = await deliveries.due(run);
      if (due === undefined) return { kind: 'over' };

      const cancelled = Context.current().cancellationSignal;
      const { endpointId, url, secrets, messageId } = due;
      const body = JSON.stringify(messageOf(due));
      const result = await gates.enter(endpointId, () =>
        eventSender.send({ messageId, url, secrets, body }, { timeoutMs: SEND_TIMEOUT_MS, signal: cancelled }),
      );
      if (result === undefined) {
        const laterMs = Math.min(BUSY_PAUSE_MS * 2 ** postponed, LONGEST_BUSY_PAUSE_MS);
        await deliveries.postpone(run, laterMs);
        return { kind: 'later', pauseMs: laterMs };
      }
      // A stopping worker aborted it: the receiver did not fail.
      cancelled.throwIfAborted();

      if (result.kind === 'accepted') {
        await deliveries.record(run, result, { state: 'delivered' });
        return { kind: 'delivered' };
      }
      if (result.kind === 'gone' || pauseMs === undefined) {
        await deliveries.record(run, result, { state: 'failed' });
        return { kind: 'failed' };
      }
      const nextMs = pauseFor(pauseMs, result);
      await deliveries.record(run, result, { state: 'retrying', pauseMs: nextMs });
      return { kind: 'again', pauseMs: nextMs };
    },
  };
}
