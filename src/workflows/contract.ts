import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Actor } from '../domain/actor.js';
import type { MoneyUpdate } from '../domain/money-update.js';
import type { NoticeRef } from '../domain/notice.js';
import type { Admission, ReviewDecision, ReviewOutcome } from '../domain/outcomes.js';

/** All that the HTTP side and the worker must agree on. */

export const TASK_QUEUE = 'holdfast';

/** The names of the workflow functions; callers start them by name, so they need not load them. */
export const PROCESS_ORDER = 'processOrder';
export const CANCEL_SETTLED_ORDER = 'cancelSettledOrder';
export const REFUND_ORDER = 'refundOrder';
export const FULFIL_ORDER = 'fulfilOrder';
export const RECOVER_ORDER = 'recoverOrder';
export const PROCESS_GATEWAY_EVENT = 'processGatewayEvent';
export const AUDIT_BOOKS = 'auditBooks';
export const SEND_NOTICE = 'sendNotice';

/** One workflow id per order: starting it is the commit point of a checkout, and what dedupes it. */
export const orderWorkflowId = (orderId: string) => `order-${orderId}`;
export const cancelWorkflowId = (orderId: string) => `cancel-${orderId}`;
export const refundWorkflowId = (refundId: string) => `refund-${refundId}`;
export const fulfilWorkflowId = (orderId: string) => `fulfil-${orderId}`;
export const recoverWorkflowId = (orderId: string) => `recover-${orderId}`;
export const gatewayEventWorkflowId = (gateway: string, eventId: string) => `gateway-event-${gateway}-${eventId}`;
export const noticeWorkflowId = ({ orderId, seq, channel }: NoticeRef) => `notice-${orderId}-${seq}-${channel}`;

export const AUDIT_SCHEDULE_ID = 'audit-books';

/** What the memo of an order's workflow holds: enough to answer a replay before the row exists. */
export interface OrderMemo {
  fingerprint: string;
  request_id: string;
}

export interface CancelRequest {
  reason: string;
}

/** Asks a running checkout to end as cancelled. */
export const cancelOrder = defineSignal<[CancelRequest]>('cancelOrder');

/** For a workflow that waits for the truth about money. */
export const news = defineSignal<[MoneyUpdate]>('news');

export interface ReviewRequest {
  decision: ReviewDecision;
  actor?: Actor;
}

export const reviewOrder = defineUpdate<ReviewOutcome, [ReviewRequest]>('reviewOrder');

/** Whether the workflow may do what it was started for. Answered once its first activity has decided. */
export const admission = defineUpdate<Admission>('admission');

/** Has a failed order, or a notice that was given up, tried again: the dead letter says which, and the actor who asked. */
export interface Redrive {
  deadLetterId: string;
  actor?: Actor | undefined;
}

export interface GatewayEventRef {
  gateway: string;
  eventId: string;
}

/** How an order ended if it was not confirmed: the failure's reason, or `cancelled`. Must be registered first. */
export const ORDER_OUTCOME = defineSearchAttributeKey('OrderOutcome', SearchAttributeType.KEYWORD);

export const DELIVER_EVENT = 'deliverEvent';

/** Calls to receivers have a queue of their own: those that hang must not take the places of orders' activities. */
export const DELIVERY_TASK_QUEUE = 'holdfast-deliveries';

/** One workflow id per round: a replay is another round. */
export const deliveryWorkflowId = (deliveryId: string, round: number) =>
  round === 0 ? `delivery-${deliveryId}` : `delivery-${deliveryId}-${round}`;

/** A delivery whose first tries were made, or not, by others. */
export interface DeliveryRun {
  deliveryId: string;
  round: number;
  /** Tries of this round that were made before. */
  tries: number;
  /** Until the next one. */
  waitMs: number;
  /** The pauses before the second and each later try. */
  delaysMs: number[];
  /** How often the next try was put off before, because the endpoint was busy. */
  postponed?: number;
}
