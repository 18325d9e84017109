import { createHmac } from 'node:crypto';

/** The bytes of a secret `whsec_<base64>`; nothing when it is not one of 24 to 64 bytes. */
export function signingKeyOf(secret: string): Buffer | undefined {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  const key = Buffer.from(encoded ?? '', 'base64');
  return key.length >= 24 && key.length <= 64 ? key : undefined;
}

/** The headers of Standard Webhooks, with one signature for each key. */
export function signedHeaders(keys: readonly Buffer[], id: string, sentAt: Date, body: string) {
  const timestamp = String(Math.floor(sentAt.getTime() / 1_000));
  const signed = keys.map((key) => createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64'));
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signed.map((signature) => `v1,${signature}`).join(' '),
  };
}
