import type { Adjustment } from './adjustment.js';
import type { OrderStatus } from './order.js';
import { statusAfter } from './order-event.js';

/** The events that a shop can subscribe to, and the events of an order's timeline that can cause each of them. */
export const PUBLIC_EVENTS = {
  'order.created': ['order.created'],
  'order.in_review': ['order.in_review'],
  'order.confirmed': ['order.confirmed'],
  'order.completed': ['order.completed'],
  'order.cancelled': ['order.cancelled'],
  'order.failed': ['order.failed'],
  'order.rejected': ['order.failed'],
  'order.redriven': ['order.redriven'],
  'inventory.reserved': ['inventory.reserved'],
  'inventory.unavailable': ['order.failed'],
  'inventory.released': ['order.failed', 'order.cancelled'],
  'payment.succeeded': ['order.confirmed'],
  'payment.failed': ['order.failed'],
  'payment.unknown': ['payment.unknown'],
  'fulfilment.created': ['fulfilment.created'],
  'refund.succeeded': ['refund.succeeded'],
  'refund.failed': ['refund.failed'],
} as const satisfies Record<string, readonly string[]>;

export type PublicEventType = keyof typeof PUBLIC_EVENTS;

export const PUBLIC_EVENT_TYPES = Object.keys(PUBLIC_EVENTS) as PublicEventType[];

/** What an endpoint receives when it is tested; it has no order. */
export const TEST_EVENT = 'webhook.test';

export const SCHEMA_VERSION = 1;

/** One event of an order's timeline with what came before it. Nothing here ever changes, so neither do its messages. */
export interface RecordedEvent {
  orderId: string;
  customerId: string;
  currency: string;
  totalMinor: number;
  /** Null for an order without any. */
  adjustments: readonly Adjustment[] | null;
  seq: number;
  type: string;
  data: Record<string, unknown>;
  /** RFC 3339, UTC. */
  createdAt: string;
  /** The types of the earlier events of the timeline, oldest first. */
  before: readonly string[];
}

/** One message to the outside: its id is the same for every endpoint and every try. */
export interface PublicEvent {
  id: string;
  type: string;
  /** RFC 3339, UTC. */
  timestamp: string;
  data: Record<string, unknown>;
}

interface Told {
  type: PublicEventType;
  more?: Record<string, unknown>;
}

const PAYMENT_FAILURES = ['payment_declined', 'payment_unavailable', 'payment_mismatch'];
const LONGEST_TEXT = 500;

/** The public events that one event of a timeline causes, the cause before its consequences. */
export function publicEventsOf(source: RecordedEvent): PublicEvent[] {
  const { orderId, seq, createdAt: timestamp } = source;
  const status: OrderStatus = statusAfter([...source.before, source.type]);
  return toldOf(source).map(({ type, more = {} }) => ({
    id: publicEventId(orderId, seq, type === source.type ? undefined : type),
    type,
    timestamp,
    data: {
      schema_version: SCHEMA_VERSION,
      order_id: orderId,
      seq,
      status,
      customer_id: source.customerId,
      currency: source.currency,
      total_minor: source.totalMinor,
      ...adjustmentsJson(source),
      ...more,
    },
  }));
}

/**
 * The id of an event's message. Two orders never share one: the last part is digits for the event of the timeline
 * itself, and a name for its consequences.
 */
export function publicEventId(orderId: string, seq: number, derived?: PublicEventType): string {
  const id = `evt_${orderId}_${seq}`;
  return derived === undefined ? id : `${id}_${derived.replace('.', '-')}`;
}

function toldOf(source: RecordedEvent): Told[] {
  switch (source.type) {
    case 'order.confirmed':
      return [{ type: 'payment.succeeded' }, { type: 'order.confirmed' }];
    case 'order.failed':
      return [...failureOf(source), ...releaseOf(source), { type: 'order.failed', more: failureJson(source) }];
    case 'order.cancelled':
      return [...releaseOf(source), { type: 'order.cancelled', more: { reason: bounded(source.data['reason']) } }];
    case 'fulfilment.created':
      return [{ type: 'fulfilment.created', more: parcelJson(source) }];
    case 'refund.succeeded':
      return [{ type: 'refund.succeeded', more: refundJson(source) }];
    case 'refund.failed':
      return [{ type: 'refund.failed', more: { ...refundJson(source), detail: bounded(source.data['error']) } }];
    default:
      return isPublic(source.type) ? [{ type: source.type }] : [];
  }
}

function isPublic(type: string): type is PublicEventType {
  return Object.hasOwn(PUBLIC_EVENTS, type);
}

function failureOf(source: RecordedEvent): Told[] {
  const reason = String(source.data['reason']);
  const more = failureJson(source);
  if (reason === 'out_of_stock') return [{ type: 'inventory.unavailable', more }];
  if (reason === 'fraud_rejected') return [{ type: 'order.rejected', more }];
  return PAYMENT_FAILURES.includes(reason) ? [{ type: 'payment.failed', more }] : [];
}

/** An order that has ended holds no stock: what was reserved since its last start is released. */
function releaseOf({ before }: RecordedEvent): Told[] {
  const start = before.lastIndexOf('order.redriven');
  return before.indexOf('inventory.reserved', start + 1) < 0 ? [] : [{ type: 'inventory.released' }];
}

/** Without their labels and items: a message has less than 20 kB. */
function adjustmentsJson({ adjustments }: RecordedEvent) {
  if (adjustments === null) return {};
  return { adjustments: adjustments.map(({ type, amountMinor }) => ({ type, amount_minor: amountMinor })) };
}

function failureJson({ data }: RecordedEvent) {
  const { step, reason, detail } = data;
  return { failure: { step, reason, detail: bounded(detail) } };
}

/** Without the items: a message has less than 20 kB. */
function parcelJson({ data }: RecordedEvent) {
  const { fulfilment_id, carrier, tracking_number, tracking_url } = data;
  return { fulfilment_id, carrier, tracking_number, tracking_url };
}

function refundJson({ data }: RecordedEvent) {
  return { refund_id: data['refund_id'], amount_minor: data['amount_minor'] };
}

/** Keeps a message below 20 kB, even for an order with a hundred lines. */
function bounded(text: unknown): string {
  return typeof text === 'string' ? text.slice(0, LONGEST_TEXT) : '';
}

/** What is sent under an id: an event of an order or, without a source, a test. */
export interface MessageRef {
  messageId: string;
  type: string;
  /** RFC 3339, UTC. */
  createdAt: string;
  source?: RecordedEvent;
}

/** The message as receivers get it: type, timestamp and data. Throws if the source has no event with this id. */
export function messageOf({ messageId, type, createdAt, source }: MessageRef): Omit<PublicEvent, 'id'> {
  if (source === undefined) return { type, timestamp: createdAt, data: { schema_version: SCHEMA_VERSION } };
  const event = publicEventsOf(source).find(({ id }) => id === messageId);
  if (event === undefined) throw new Error(`${source.orderId} has no event ${messageId}`);
  return { type: event.type, timestamp: event.timestamp, data: event.data };
}
