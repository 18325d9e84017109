import { createHash } from 'node:crypto';
import { Problem } from './problems.js';

/**
 * The header Idempotency-Key where it is needed.
 * @throws Problem `idempotency-key-missing`, saying what to send instead, or `idempotency-key-invalid`
 */
export function requiredKey(key: string | undefined, whenMissing = 'Send the header Idempotency-Key.'): string {
  if (key === undefined || key === '') throw new Problem('idempotency-key-missing', whenMissing);
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new Problem(
      'idempotency-key-invalid',
      'The Idempotency-Key may have 1 to 255 visible ASCII characters, no blanks.',
    );
  }
  return key;
}

/** The refund that belongs to an Idempotency-Key: the same key for the same order is the same refund. */
export function refundIdFromKey(orderId: string, key: string): string {
  return `rf_${createHash('sha256').update(`${orderId}\n${key}`).digest('base64url')}`;
}
