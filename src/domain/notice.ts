import type { Adjustment } from './adjustment.js';
import type { CheckoutLine } from './checkout.js';
import type { FailureReason } from './failure.js';
import type { Shipment } from './fulfilment.js';
import { PAID, type OrderLine, type OrderStatus } from './order.js';

/** The events of an order that its customer is told about, and the statuses in which that is still true. */
export const NOTICE_EVENTS = {
  'order.confirmed': { about: 'confirmation', while: PAID },
  'order.failed': { about: 'failure', while: ['failed'] },
  'order.cancelled': { about: 'cancellation', while: ['cancelled'] },
  'fulfilment.created': { about: 'shipment', while: PAID },
  'refund.succeeded': { about: 'refund', while: undefined },
} as const satisfies Record<string, { about: string; while: readonly OrderStatus[] | undefined }>;

export type NoticeEvent = keyof typeof NOTICE_EVENTS;

export type NoticeSubject = (typeof NOTICE_EVENTS)[NoticeEvent]['about'];

export function isNoticeEvent(type: string): type is NoticeEvent {
  return Object.hasOwn(NOTICE_EVENTS, type);
}

/** False once the order has moved on: later events have notices of their own. */
export function isStillTrue(event: NoticeEvent, status: OrderStatus): boolean {
  const during: readonly OrderStatus[] | undefined = NOTICE_EVENTS[event].while;
  return during === undefined || during.includes(status);
}

export const NOTICE_STATES = ['pending', 'sent', 'skipped', 'failed'] as const;

export type NoticeState = (typeof NOTICE_STATES)[number];

/** One event of one order through one channel: sent once, no matter how often it is tried. */
export interface NoticeRef {
  orderId: string;
  /** The event's place in the order's timeline. */
  seq: number;
  channel: string;
}

/** How one event of an order was announced through one channel, without the recipient. */
export interface NoticeRecord {
  seq: number;
  about: NoticeSubject;
  channel: string;
  state: NoticeState;
  attempts: number;
  lastError: string | null;
  /** RFC 3339, UTC, as is the next. */
  createdAt: string;
  updatedAt: string;
}

/** What a dead letter about a notice is about. */
export function noticeSubject({ seq, channel }: NoticeRef): string {
  return `${seq}:${channel}`;
}

/** The notice that a dead letter is about; undefined for a text that names none. */
export function noticeOf(orderId: string, subject: string): NoticeRef | undefined {
  const [, seq, channel] = /^([1-9]\d{0,8}):([a-z][a-z0-9_]{0,31})$/.exec(subject) ?? [];
  return seq === undefined || channel === undefined ? undefined : { orderId, seq: Number(seq), channel };
}

/** Everything that a notifier may say. */
export interface Notice {
  /** The same for every try, so that receivers can deduplicate. */
  key: string;
  orderId: string;
  about: NoticeSubject;
  /** RFC 3339, UTC. */
  happenedAt: string;
  customerId: string;
  /** The customer's e-mail address, if the shop has given it. */
  email: string | null;
  currency: string;
  totalMinor: number;
  lines: OrderLine[];
  adjustments: readonly Adjustment[];
  /** Of a failure. */
  reason: FailureReason | null;
  /** Of a refund. Minor units. */
  refundMinor: number | null;
  /** Of a shipment: what has left, and how it travels. */
  shipment: (Shipment & { items: CheckoutLine[] }) | null;
}
