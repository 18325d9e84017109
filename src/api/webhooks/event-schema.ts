import { z } from 'zod';
import { FAILURE_REASONS } from '../../domain/failure.js';
import { ORDER_STATUSES } from '../../domain/order.js';
import { PUBLIC_EVENT_TYPES, SCHEMA_VERSION, TEST_EVENT, type PublicEventType } from '../../domain/public-event.js';

const version = { schema_version: z.literal(SCHEMA_VERSION) };

/** What every event of an order says. Receivers must let fields pass that they do not know. */
const order = z.looseObject({
  ...version,
  order_id: z.string().describe('the shop’s own id of the order'),
  seq: z.int().min(1).describe('the place of the event in the order’s trail; a later event has a higher one'),
  status: z.enum(ORDER_STATUSES).describe('the order’s status just after this event'),
  customer_id: z.string(),
  currency: z.string().describe('ISO 4217'),
  total_minor: z.int().min(0).describe('in minor units of the currency'),
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

const SPECIAL: Partial<Record<PublicEventType, z.ZodType>> = {
  'order.failed': failed,
  'order.rejected': failed,
  'inventory.unavailable': failed,
  'payment.failed': failed,
  'order.cancelled': order.extend({ reason: z.string() }),
  'refund.succeeded': refund,
  'refund.failed': refund.extend({ detail: z.string() }),
};

const dataOf = (type: PublicEventType): z.ZodType => SPECIAL[type] ?? order;
const shapes = [...new Set(PUBLIC_EVENT_TYPES.map(dataOf))].map((data): [string[], z.ZodType] => [
  PUBLIC_EVENT_TYPES.filter((type) => dataOf(type) === data),
  data,
]);

/** The schema of the messages of each group of types that say the same. */
export const EVENT_SCHEMAS: readonly { types: string[]; schema: z.ZodType }[] = [
  ...shapes,
  [[TEST_EVENT], z.looseObject(version)] satisfies [string[], z.ZodType],
].map(([types, data]) => {
  const timestamp = z.iso.datetime().describe('when it happened, UTC');
  return { types, schema: z.looseObject({ type: z.enum(types), timestamp, data }) };
});

/** What the messages of one type must look like. */
export function schemaOf(type: string): z.ZodType | undefined {
  return EVENT_SCHEMAS.find(({ types }) => types.includes(type))?.schema;
}

/** All of them as JSON schemas, for the documents. */
export function jsonSchemas(): { types: string[]; schema: unknown }[] {
  return EVENT_SCHEMAS.map(({ types, schema }) => ({ types, schema: z.toJSONSchema(schema) }));
}
