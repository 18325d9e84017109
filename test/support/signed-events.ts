import { randomBytes, randomUUID } from 'node:crypto';
import { signedHeaders, signingKeyOf } from '../../src/sandbox/signature.js';
import type { Stack } from './stack.js';

export const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;

export interface Sending {
  secret: string;
  /** The time of sending that it claims; default: now. */
  at?: Date;
  /** What is done to the body after it was signed. */
  spoil?: (body: string) => string;
  headers?: Record<string, string>;
}

/** A message of the sandbox, as its signed sender makes them. */
export function anEvent(type: string, orderId: string, attempt = 1, overrides: Record<string, unknown> = {}) {
  return {
    id: `evt_${randomUUID()}`,
    type,
    created: new Date().toISOString(),
    data: {
      charge_key: `${orderId}:charge:${attempt}`,
      order_id: orderId,
      amount_minor: 1_999,
      currency: 'EUR',
      ...overrides,
    },
  };
}

/** POSTs a message to an API as a gateway would. @returns the status of the answer */
export async function postEvent(url: string, event: { id: string }, sending: Sending): Promise<number> {
  const key = signingKeyOf(sending.secret);
  if (key === undefined) throw new Error('that is no secret');
  const body = JSON.stringify(event);
  const headers = {
    'Content-Type': 'application/json',
    ...signedHeaders([key], event.id, sending.at ?? new Date(), body),
    ...sending.headers,
  };
  const sent = sending.spoil?.(body) ?? body;
  const response = await fetch(`${url}/webhooks/payments/sandbox`, { method: 'POST', headers, body: sent });
  await response.body?.cancel();
  return response.status;
}

/** The stored messages about an order. */
export async function inboxOf({ database }: Stack, orderId: string) {
  return database.kysely
    .selectFrom('gateway_events')
    .select(['event_id', 'type', 'processed_at', 'effect'])
    .where('order_id', '=', orderId)
    .orderBy('received_at')
    .execute();
}

export async function inboxSize({ database }: Stack): Promise<number> {
  return (await database.kysely.selectFrom('gateway_events').select('event_id').execute()).length;
}
