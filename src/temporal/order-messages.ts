// The only folder that uses Temporal's client: it starts, signals, updates, lists and schedules workflows.
// No SQL, no HTTP, no rules about orders, and no workflow code.

import type { Client } from '@temporalio/client';
import type { NoticeRef } from '../domain/notice.js';
import type { OrderPolicy } from '../domain/policy.js';
import {
  gatewayEventWorkflowId,
  noticeWorkflowId,
  PROCESS_GATEWAY_EVENT,
  SEND_NOTICE,
  type GatewayEventRef,
} from '../workflows/contract.js';
import { admissionsOf } from './admissions.js';
import { boundedBy, isAlreadyStarted } from './bounded-calls.js';
import { signalsOf } from './signals.js';
import { startsOf } from './start-workflow.js';

export interface OrderMessagesOptions {
  client: Client;
  /** How long Temporal and a worker may take to answer one request. */
  deadlineMs: number;
  /** Returns in a word why the database takes no writes; rejects if it does not answer. */
  probeDatabase?: () => Promise<string | void>;
}

export type OrderMessages = ReturnType<typeof createOrderMessages>;

// It was tried a moment ago.
const EVENT_DELAY_MS = 3_000;

/**
 * Everything that is requested of orders after their checkout, as messages to workflows: nothing here changes an order.
 * Every method throws `Unavailable` when Temporal, its workers or their database are too slow; sending the same again
 * is safe.
 */
export function createOrderMessages({ client, deadlineMs, probeDatabase }: OrderMessagesOptions) {
  const bounded = boundedBy(client, deadlineMs);
  const { startUnlessRunning } = startsOf(client, bounded);

  return {
    ...admissionsOf({ client, bounded, probeDatabase }),
    ...signalsOf(client, bounded),

    /** Sends a notice after a pause: tries for up to three days. */
    startNotice: (ref: NoticeRef, pauseMs: number): Promise<void> =>
      startUnlessRunning(SEND_NOTICE, { workflowId: noticeWorkflowId(ref), args: [ref], startDelay: pauseMs }),

    /** Retries the processing of a stored gateway event until it is done once. */
    async startEvent(event: GatewayEventRef, policy: OrderPolicy): Promise<void> {
      try {
        await startUnlessRunning(PROCESS_GATEWAY_EVENT, {
          workflowId: gatewayEventWorkflowId(event.gateway, event.eventId),
          args: [event, policy],
          startDelay: EVENT_DELAY_MS,
          workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        });
      } catch (error) {
        if (!isAlreadyStarted(error)) throw error;
      }
    },
  };
}
