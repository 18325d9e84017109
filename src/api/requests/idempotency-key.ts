import { createHash } from 'node:crypto';
import { Problem } from './problems.js';

const BARE = /^[\x21\x23-\x7e][\x21-\x7e]*$/;
// A string of RFC 9651, as the draft of the header says; parameters are ignored.
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"(?: *;[\x20-\x7e]*)?$/;
const MAX_LENGTH = 255;

/**
 * The value of the header Idempotency-Key, the same quoted or bare; undefined without one.
 * @throws Problem `idempotency-key-invalid`
 */
export function sentKey(header: string | undefined): string | undefined {
  if (header === undefined || header.trim() === '') return undefined;
  const quoted = QUOTED.exec(header)?.[1]?.replaceAll(/\\(["\\])/g, '$1');
  const key = quoted ?? (BARE.test(header) ? header : '');
  if (key.length >= 1 && key.length <= MAX_LENGTH) return key;
  const detail = `The Idempotency-Key may have 1 to ${MAX_LENGTH} visible ASCII characters; blanks only in double quotes.`;
  throw new Problem('idempotency-key-invalid', detail);
}

/**
 * The same for routes that require it.
 * @throws Problem `idempotency-key-missing`, saying what to send instead, or `idempotency-key-invalid`
 */
export function requiredKey(header: string | undefined, whenMissing = 'Send the header Idempotency-Key.'): string {
  const key = sentKey(header);
  if (key === undefined) throw new Problem('idempotency-key-missing', whenMissing);
  return key;
}

/** The id of the fulfillment of an Idempotency-Key, like that of the refund below. */
export function fulfilmentIdFromKey(orderId: string, key: string): string {
  return `ff_${createHash('sha256').update(`${orderId}\n${key}`).digest('base64url')}`;
}

/** The id of the refund of an Idempotency-Key: the same key for the same order is the same refund. */
export function refundIdFromKey(orderId: string, key: string): string {
  return `rf_${createHash('sha256').update(`${orderId}\n${key}`).digest('base64url')}`;
}
