import { z } from '@hono/zod-openapi';
import { ORDER_ID_PATTERN } from '../domain/ids.js';
import { isCurrency, MAX_AMOUNT_MINOR } from '../domain/money.js';

const MAX_LINES = 100;
const MAX_QUANTITY = 1_000_000;
// No control characters (they would break log lines) and no lone surrogates (they are not text).
const PRINTABLE = /^[^\p{Cc}\p{Cs}]*$/u;

/** Text that people read: something, and nothing that breaks a log line. */
export const text = (max: number) =>
  z.string().min(1).max(max).regex(PRINTABLE, 'must not contain control characters or lone surrogates');

export const orderIdSchema = z
  .string()
  .regex(ORDER_ID_PATTERN, 'must be 1 to 64 characters of A-Z, a-z, 0-9, "_" and "-"')
  .openapi({ example: 'order-1001' });

export const skuSchema = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 characters of A-Z, a-z, 0-9, ".", "_", "-"')
  .openapi({ example: 'product-A' });

// RFC 5321 allows 64 characters before the @ and 254 in all.
const emailSchema = z
  .email('must be an e-mail address such as "ada@example.com"')
  .max(254)
  .regex(/^[^@]{0,64}(?:@|$)/, 'must have 64 characters at most before the "@"');

export const checkoutSchema = z
  .strictObject({
    order_id: orderIdSchema.optional(),
    customer_id: text(100).openapi({ example: 'customer-7' }),
    customer_email: emailSchema.optional().openapi({ example: 'ada@example.com' }),
    currency: z
      .string()
      .refine(isCurrency, 'must be an upper-case ISO 4217 code, such as "EUR"')
      .openapi({ example: 'EUR' }),
    items: z
      .array(
        z.strictObject({
          sku: skuSchema,
          quantity: z.int().min(1).max(MAX_QUANTITY),
        }),
      )
      .min(1)
      .max(MAX_LINES),
    payment: z.strictObject({ method: text(200).openapi({ example: 'pm_ok' }) }),
    total_minor: z.int().min(0).max(MAX_AMOUNT_MINOR).optional(),
    metadata: z
      .record(text(40), z.string().max(500).regex(PRINTABLE, 'must not contain control characters or lone surrogates'))
      .refine((metadata) => Object.keys(metadata).length <= 20, 'must have 20 entries at most')
      .optional(),
  })
  .openapi('Checkout');

export type CheckoutBody = z.infer<typeof checkoutSchema>;
