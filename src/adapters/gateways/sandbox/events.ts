import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { GatewayEvent } from '../../../domain/gateway-event.js';

export interface SandboxEventSettings {
  /** All valid secrets, as `whsec_<base64>`: two during a rotation. */
  secrets: readonly string[];
  /** How many seconds the time of sending may differ from now; default 300. */
  toleranceSeconds?: number;
  now?: () => Date;
}

export type SandboxEventProblem =
  | 'header_missing'
  | 'timestamp_invalid'
  | 'timestamp_out_of_tolerance'
  | 'signature_invalid'
  | 'body_invalid';

export type VerifiedEvent = { ok: true; event: GatewayEvent } | { ok: false; reason: SandboxEventProblem };

export interface SandboxEvents {
  /** Verifies the signature over the raw bytes, and only then reads them. Never throws. */
  verify(headers: Headers | Record<string, string>, rawBody: Uint8Array): VerifiedEvent;
}

const text = z.string().regex(/^[^\p{Cc}]{1,255}$/u);
const eventBody = z.object({
  id: text,
  type: z.string().regex(/^[a-z0-9_.]{1,64}$/),
  data: z.object({ charge_key: text.nullish(), refund_key: text.nullish(), order_id: text.nullish() }),
});

type Data = z.infer<typeof eventBody>['data'];

/** What the known types must name. An unknown type is still an event: its receiver acknowledges and ignores it. */
const needed = new Map<string, readonly (keyof Data)[]>([
  ['charge.captured', ['charge_key', 'order_id']],
  ['charge.declined', ['charge_key', 'order_id']],
  ['refund.succeeded', ['charge_key', 'refund_key', 'order_id']],
  ['refund.failed', ['charge_key', 'refund_key', 'order_id']],
]);

/** Reads the sandbox's signed events. Throws a `TypeError` for an invalid secret, without showing it. */
export function createSandboxEvents(settings: SandboxEventSettings): SandboxEvents {
  const { secrets, toleranceSeconds = 300, now = () => new Date() } = settings;
  if (secrets.length === 0) throw new TypeError('secrets must hold at least one secret');
  const signingKeys = secrets.map(signingKeyOf);

  return {
    verify(headers, rawBody) {
      const id = headerOf(headers, 'webhook-id');
      const timestamp = headerOf(headers, 'webhook-timestamp');
      const signatures = headerOf(headers, 'webhook-signature');
      if (!id || !timestamp || !signatures) return { ok: false, reason: 'header_missing' };

      if (!/^\d{1,12}$/.test(timestamp)) return { ok: false, reason: 'timestamp_invalid' };
      const ageSeconds = now().getTime() / 1_000 - Number(timestamp);
      if (!(Math.abs(ageSeconds) <= toleranceSeconds)) return { ok: false, reason: 'timestamp_out_of_tolerance' };

      const given = signatures.split(' ').filter((signature) => signature.startsWith('v1,'));
      const wanted = signingKeys.map((key) => signatureOf(key, `${id}.${timestamp}.`, rawBody));
      if (!given.some((one) => wanted.some((other) => isSame(one, other)))) {
        return { ok: false, reason: 'signature_invalid' };
      }

      const event = parseEvent(rawBody);
      return event?.eventId === id ? { ok: true, event } : { ok: false, reason: 'body_invalid' };
    },
  };
}

function parseEvent(rawBody: Uint8Array): GatewayEvent | undefined {
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(rawBody));
  } catch {
    return undefined;
  }
  const parsed = eventBody.safeParse(body);
  if (!parsed.success) return undefined;
  const { id, type, data } = parsed.data;
  if (needed.get(type)?.some((name) => typeof data[name] !== 'string')) return undefined;
  return {
    eventId: id,
    type,
    chargeKey: data.charge_key ?? null,
    refundKey: data.refund_key ?? null,
    orderId: data.order_id ?? null,
  };
}

function signingKeyOf(secret: string): Buffer {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  const key = Buffer.from(encoded ?? '', 'base64');
  if (key.length >= 24 && key.length <= 64) return key;
  throw new TypeError('a secret must be whsec_ and the base64 of 24 to 64 bytes');
}

function signatureOf(key: Buffer, prefix: string, rawBody: Uint8Array): string {
  return `v1,${createHmac('sha256', key).update(prefix).update(rawBody).digest('base64')}`;
}

function isSame(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function headerOf(headers: Headers | Record<string, string>, name: string): string | undefined {
  if (isHeaders(headers)) return headers.get(name) ?? undefined;
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}

function isHeaders(headers: Headers | Record<string, string>): headers is Headers {
  return typeof headers['get'] === 'function';
}
