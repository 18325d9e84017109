import type { Stripe } from 'stripe';
import type { GatewayEvent, VerifiedGatewayEvent } from '../../../domain/gateway-event.js';

export interface StripeEventSettings {
  stripe: Stripe;
  /** Those that sign events; while one is being replaced, both. */
  secrets: readonly string[];
}

const TOLERANCE_S = 300;

const INTENT_EVENTS: Readonly<Record<string, string>> = {
  'payment_intent.succeeded': 'charge.captured',
  'payment_intent.payment_failed': 'charge.declined',
  'payment_intent.canceled': 'charge.declined',
};
const REFUND_EVENTS: Readonly<Record<string, string>> = { succeeded: 'refund.succeeded', failed: 'refund.failed' };

/** Reads Stripe's events: the signature over the bytes as they came, then which charge or refund they are about. */
export function createStripeEvents({ stripe, secrets }: StripeEventSettings) {
  return {
    verify(headers: Headers, rawBody: Uint8Array): VerifiedGatewayEvent {
      const header = headers.get('stripe-signature');
      if (header === null) return { ok: false, reason: 'signature_missing' };
      const reasons = secrets.map((secret) => checked(rawBody, header, secret));
      const event = reasons.find((found) => typeof found === 'object');
      if (event === undefined)
        return { ok: false, reason: reasons.includes('body_invalid') ? 'body_invalid' : 'signature_wrong' };
      return isEvent(event) ? { ok: true, event: hintOf(event) } : { ok: false, reason: 'body_invalid' };
    },
  };

  function checked(rawBody: Uint8Array, header: string, secret: string): object | string {
    try {
      return stripe.webhooks.constructEvent(Buffer.from(rawBody), header, secret, TOLERANCE_S);
    } catch (error) {
      return error instanceof SyntaxError ? 'body_invalid' : 'signature_wrong';
    }
  }
}

interface AnyEvent {
  id: string;
  type: string;
  data: { object: Record<string, unknown> };
}

function isEvent(event: object): event is AnyEvent {
  if (!('id' in event) || !('type' in event) || !('data' in event)) return false;
  const { id, type, data } = event;
  const isFilled = typeof data === 'object' && data !== null && 'object' in data;
  return typeof id === 'string' && typeof type === 'string' && isFilled && isRecord(data.object);
}

/** One about something of another program's names no order, and is stored without an effect. */
function hintOf({ id: eventId, type, data: { object } }: AnyEvent): GatewayEvent {
  const metadata = isRecord(object['metadata']) ? object['metadata'] : {};
  const named = (name: string) => (typeof metadata[name] === 'string' ? metadata[name] : null);
  const orderId = named('order_id');
  if (object['object'] === 'payment_intent') {
    return { eventId, type: INTENT_EVENTS[type] ?? type, chargeKey: named('charge_key'), refundKey: null, orderId };
  }
  if (object['object'] === 'refund') {
    const about = REFUND_EVENTS[String(object['status'])] ?? type;
    return { eventId, type: about, chargeKey: null, refundKey: named('refund_key'), orderId };
  }
  return { eventId, type, chargeKey: null, refundKey: null, orderId };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
