import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Actor } from '../domain/actor.js';
import type { MoneyUpdate } from '../domain/money-update.js';
import type { NoticeRef } from '../domain/notice.js';
import type { Admission, ReviewDecision, ReviewOutcome } from '../domain/outcomes.js';

/** Everything that the API and the worker must agree on. */

export const TASK_QUEUE = 'holdfast';

/** The names of the workflow functions; callers start them by name, so they need not load them. */
export const PROCESS_ORDER = 'processOrder';
export const CANCEL_SETTLED_ORDER = 'cancelSettledOrder';
export const REFUND_ORDER = 'refundOrder';
export const FULFIL_ORDER = 'fulfilOrder';
export const AMEND_ORDER = 'amendOrder';
export const RECOVER_ORDER = 'recoverOrder';
export const PROCESS_GATEWAY_EVENT = 'processGatewayEvent';
export const AUDIT_BOOKS = 'auditBooks';
export const SEND_NOTICE = 'sendNotice';

/** One workflow id per order: starting it is the commit point of a checkout, and what deduplicates it. */
export const orderWorkflowId = (orderId: string) => `order-${orderId}`;
export const cancelWorkflowId = (orderId: string) => `cancel-${orderId}`;
export const refundWorkflowId = (refundId: string) => `refund-${refundId}`;
export const amendWorkflowId = (orderId: string, changeId: string) => `amend-${orderId}-${changeId}`;
export const fulfilWorkflowId = (orderId: string) => `fulfil-${orderId}`;
export const fulfilmentWorkflowId = (fulfilmentId: string) => `fulfilment-${fulfilmentId}`;
export const recoverWorkflowId = (orderId: string) => `recover-${orderId}`;
export const gatewayEventWorkflowId = (gateway: string, eventId: string) => `gateway-event-${gateway}-${eventId}`;
export const noticeWorkflowId = ({ orderId, seq, channel }: NoticeRef) => `notice-${orderId}-${seq}-${channel}`;

export const AUDIT_SCHEDULE_ID = 'audit-books';

/** The memo of an order's workflow: enough to answer a replay before the row exists. */
export interface OrderMemo {
  fingerprint: string;
  request_id: string;
}

export interface CancelRequest {
  reason: string;
}

/** Asks a running checkout to end as cancelled. */
export const cancelOrder = defineSignal<[CancelRequest]>('cancelOrder');

/** How far a checkout or a recovery has come, for people who look at it in the Temporal Web UI. */
export interface OrderProgress {
  order_id: string;
  total_minor: number;
  currency: string;
  items: Record<string, number>;
  /** Which part of the workflow it is in. */
  stage: string;
  waiting: string | null;
  cancel_reason: string | null;
}

export const orderProgress = defineQuery<OrderProgress>('order');

/** For a workflow that waits for the outcome of a charge or refund. */
export const news = defineSignal<[MoneyUpdate]>('news');

export interface ReviewRequest {
  decision: ReviewDecision;
  actor?: Actor;
}

export const reviewOrder = defineUpdate<ReviewOutcome, [ReviewRequest]>('reviewOrder');

/** Whether the workflow may do its work. Answered when its first activity has decided. */
export const admission = defineUpdate<Admission>('admission');

/** Retries a failed order or a notice that was given up: which one, by its dead letter, and who asked for it. */
export interface Redrive {
  deadLetterId: string;
  actor?: Actor | undefined;
}

export interface GatewayEventRef {
  gateway: string;
  eventId: string;
}

/** How an order ended if it was not confirmed: the failure's reason, or `cancelled`. Must exist in Temporal first. */
export const ORDER_OUTCOME = defineSearchAttributeKey('OrderOutcome', SearchAttributeType.KEYWORD);

/** What a checkout costs, in minor units of its currency. Must be registered first. */
export const ORDER_TOTAL = defineSearchAttributeKey('OrderTotal', SearchAttributeType.INT);

/** The types of the search attributes above, by name, as Temporal's command line spells them. */
export const SEARCH_ATTRIBUTES = { [ORDER_OUTCOME.name]: 'Keyword', [ORDER_TOTAL.name]: 'Int' } as const;

export const DELIVER_EVENT = 'deliverEvent';

/** Deliveries have their own queue: calls that hang must not occupy the slots of orders' activities. */
export const DELIVERY_TASK_QUEUE = 'holdfast-deliveries';

/** One workflow id per round: a replay is another round. */
export const deliveryWorkflowId = (deliveryId: string, round: number) =>
  round === 0 ? `delivery-${deliveryId}` : `delivery-${deliveryId}-${round}`;

/** A delivery whose first try was made, or skipped, by a relay. */
export interface DeliveryRun {
  deliveryId: string;
  round: number;
  /** Tries of this round so far. */
  tries: number;
  /** Until the next one. */
  waitMs: number;
  /** The pauses before the second and each later try. */
  delaysMs: number[];
  /** How often the next try was postponed because the endpoint was busy. */
  postponed?: number;
}
