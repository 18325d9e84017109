import { z } from 'zod';
import { ADJUSTMENT_TYPES } from '../../domain/adjustment.js';
import { FAILURE_REASONS } from '../../domain/failure.js';
import { ORDER_STATUSES } from '../../domain/order.js';
import { PUBLIC_EVENT_TYPES, SCHEMA_VERSION, TEST_EVENT, type PublicEventType } from '../../domain/public-event.js';

const version = { schema_version: z.literal(SCHEMA_VERSION) };

/** The data of every event of an order. Receivers must ignore unknown fields. */
const order = z.looseObject({
  ...version,
  order_id: z.string().describe('the shop’s own id of the order'),
  seq: z.int().min(1).describe('the place of the event in the order’s timeline; a later event has a higher one'),
  status: z.enum(ORDER_STATUSES).describe('the order’s status just after this event'),
  customer_id: z.string(),
  currency: z.string().describe('ISO 4217'),
  total_minor: z.int().min(0).describe('in minor units of the currency'),
  adjustments: z
    .array(z.looseObject({ type: z.enum(ADJUSTMENT_TYPES), amount_minor: z.int() }))
    .optional()
    .describe('what the total has beside the items; absent without any'),
});

const failure = z.looseObject({
  step: z.enum(['screen', 'reserve', 'charge']),
  reason: z.enum(FAILURE_REASONS),
  detail: z.string(),
});
const failed = order.extend({ failure });
const refund = order.extend({
  refund_id: z.string(),
  amount_minor: z.int().min(1).describe('of this refund, in minor units'),
});

const parcel = order.extend({
  fulfilment_id: z.string(),
  carrier: z.string().nullable(),
  tracking_number: z.string().nullable(),
  tracking_url: z.string().nullable(),
});

const cancelled = order.extend({ reason: z.string() });
const refundFailed = refund.extend({ detail: z.string() });

const SPECIAL: Partial<Record<PublicEventType, z.ZodType>> = {
  'order.failed': failed,
  'order.rejected': failed,
  'inventory.unavailable': failed,
  'payment.failed': failed,
  'order.cancelled': cancelled,
  'fulfilment.created': parcel,
  'refund.succeeded': refund,
  'refund.failed': refundFailed,
};

const test = z.looseObject(version);

const NAMES = new Map<z.ZodType, string>([
  [order, 'OrderMessage'],
  [failed, 'OrderFailedMessage'],
  [cancelled, 'OrderCancelledMessage'],
  [parcel, 'FulfilmentMessage'],
  [refund, 'RefundMessage'],
  [refundFailed, 'RefundFailedMessage'],
  [test, 'TestMessage'],
]);

type Type = PublicEventType | typeof TEST_EVENT;
const ALL_TYPES: readonly Type[] = [...PUBLIC_EVENT_TYPES, TEST_EVENT];
const dataOf = (type: Type): z.ZodType => (type === TEST_EVENT ? test : (SPECIAL[type] ?? order));

/** The schema of the messages of each group of types with the same shape of data. */
export const EVENT_SCHEMAS: readonly { name: string; types: string[]; schema: z.ZodType }[] = [...NAMES].map(
  ([data, name]) => {
    const types = ALL_TYPES.filter((type) => dataOf(type) === data);
    const timestamp = z.iso.datetime().describe('when it happened, UTC');
    return { name, types, schema: z.looseObject({ type: z.enum(types), timestamp, data }) };
  },
);

/** The schema of the messages of one type. */
export function schemaOf(type: string): z.ZodType | undefined {
  return EVENT_SCHEMAS.find(({ types }) => types.includes(type))?.schema;
}

/** All of them as JSON schemas, for the documents. */
export function jsonSchemas(): { name: string; types: string[]; schema: object }[] {
  return EVENT_SCHEMAS.map(({ name, types, schema }) => ({ name, types, schema: z.toJSONSchema(schema) }));
}
