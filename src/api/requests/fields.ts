import { z } from '@hono/zod-openapi';
import { isCurrency } from '../../domain/money.js';
import { MAX_SKU_LENGTH, SKU_PATTERN, SKU_RULE } from '../../domain/product.js';

// No control characters (they would break log lines) and no lone surrogates (they are not text).
const PRINTABLE = /^[^\p{Cc}\p{Cs}]*$/u;

// The same without the flag, which documents cannot express; this does not exclude lone surrogates.
const PRINTABLE_DOCUMENTED = '^[^\\u0000-\\u001F\\u007F-\\u009F]*$';

/** Text that cannot break a log line. */
export const printable = (max: number) =>
  z.string().max(max).regex(PRINTABLE, 'must not contain control characters or lone surrogates');

/** Text that people read: not empty, and safe in a log line. */
export const text = (max: number) => printable(max).min(1).openapi({ pattern: PRINTABLE_DOCUMENTED });

/** The same, but may be empty. */
export const textOrNothing = (max: number) => printable(max).openapi({ pattern: PRINTABLE_DOCUMENTED });

/** A time, in answers. */
export const timestamp = z.iso.datetime().openapi({ example: '2026-11-01T09:30:00.000Z' });

export const currencySchema = z
  .string()
  .refine(isCurrency, 'must be an upper-case ISO 4217 code, such as "EUR"')
  .openapi({ pattern: '^[A-Z]{3}$', example: 'EUR' });

/** Composed and decomposed letters look the same, so they are the same SKU. */
export const skuSchema = z
  .string()
  .normalize('NFC')
  .max(MAX_SKU_LENGTH, SKU_RULE)
  .regex(SKU_PATTERN, SKU_RULE)
  .openapi({
    minLength: 1,
    // Without the flag, which documents cannot express; the description says the rest.
    pattern:
      '^(?!\\.{1,2}$)[^\\u0000-\\u0020\\u007F-\\u00A0](?:[^\\u0000-\\u001F\\u007F-\\u00A0]*[^\\u0000-\\u0020\\u007F-\\u00A0])?$',
    description:
      `1 to ${MAX_SKU_LENGTH} visible characters of any script, compared in Unicode normalization form C; blanks only ` +
      'between them. Percent-encode it in a path: `A/B 50%` is `A%2FB%2050%25`.',
    example: 'product-A',
  });
