import { z } from 'zod';
import { FAILURE_REASONS } from '../domain/failure.js';
import { ORDER_STATUSES } from '../domain/order.js';
import { PUBLIC_EVENT_TYPES, SCHEMA_VERSION, TEST_EVENT, type PublicEventType } from '../domain/public-event.js';

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

const message = (type: string, data: z.ZodType) =>
  z.looseObject({ type: z.literal(type), timestamp: z.iso.datetime().describe('when it happened, UTC'), data });

/** The schema of the message of each type of event. */
export const EVENT_SCHEMAS: ReadonlyMap<string, z.ZodType> = new Map([
  ...PUBLIC_EVENT_TYPES.map((type): [string, z.ZodType] => [type, message(type, SPECIAL[type] ?? order)]),
  [TEST_EVENT, message(TEST_EVENT, z.looseObject(version))],
]);

/** The JSON schema of one type's message. */
export function jsonSchemaOf(type: string): unknown {
  const schema = EVENT_SCHEMAS.get(type);
  if (schema === undefined) throw new Error(`there is no event ${type}`);
  return z.toJSONSchema(schema);
}
