import { domainToASCII } from 'node:url';
import { z } from '@hono/zod-openapi';
import { ADJUSTMENT_TYPES } from '../../domain/adjustment.js';
import { ORDER_ID_PATTERN } from '../../domain/ids.js';
import { MAX_AMOUNT_MINOR } from '../../domain/money.js';
import { addressSchema, phoneSchema } from './address-schema.js';
import { currencySchema, printable, skuSchema, text, textOrNothing } from '../requests/fields.js';

const MAX_LINES = 100;
// RFC 5321, 4.5.3.1.3, without its angle brackets.
const MAX_EMAIL = 254;
const MAX_QUANTITY = 1_000_000;

export const orderIdSchema = z
  .string()
  .regex(ORDER_ID_PATTERN, 'must be 1 to 64 characters of A-Z, a-z, 0-9, "_" and "-"')
  .openapi({ example: 'order-1001' });

/**
 * Only what cannot be an address is refused: sending a mail shows whether it exists, and no sale depends on that.
 * A Unicode domain is converted to A-labels; ASCII is left unchanged.
 */
const emailSchema = printable(MAX_EMAIL)
  .regex(/.@./su, 'must be an e-mail address such as "ada@example.com"')
  .overwrite(withAsciiDomain)
  .openapi({
    minLength: 3,
    pattern: '^[^\\u0000-\\u001F\\u007F-\\u009F]+@[^\\u0000-\\u001F\\u007F-\\u009F]+$',
    description:
      'Where notices go. A Unicode domain is converted to A-labels. An invalid address affects only the notice.',
  });

function withAsciiDomain(email: string): string {
  const at = email.lastIndexOf('@') + 1;
  const domain = email.slice(at);
  if (/^[\x21-\x7e]*$/.test(domain)) return email;
  const ascii = domainToASCII(domain);
  const whole = `${email.slice(0, at)}${ascii}`;
  return ascii === '' || whole.length > MAX_EMAIL ? email : whole;
}

const MAX_ADJUSTMENTS = 50;

/** Discounts take off, everything else adds. */
const adjustmentSchema = z
  .strictObject({
    type: z.enum(ADJUSTMENT_TYPES),
    label: text(100).openapi({ example: 'Standard shipping' }),
    amount_minor: z.int().min(-MAX_AMOUNT_MINOR).max(MAX_AMOUNT_MINOR).openapi({
      description: 'In minor units. At most 0 for a discount, at least 0 for everything else.',
    }),
    sku: skuSchema.optional().openapi({ description: 'The item that it belongs to. Default: the whole order.' }),
  })
  .superRefine(({ type, amount_minor: amount }, context) => {
    const [isWrong, detail] =
      type === 'discount' ? [amount > 0, 'must be at most 0 for a discount'] : [amount < 0, 'must be at least 0'];
    if (isWrong) context.addIssue({ code: 'custom', path: ['amount_minor'], message: detail });
  })
  .openapi('Adjustment', { example: { type: 'shipping', label: 'Standard shipping', amount_minor: 490 } });

export const itemsSchema = z
  .array(z.strictObject({ sku: skuSchema, quantity: z.int().min(1).max(MAX_QUANTITY) }))
  .min(1)
  .max(MAX_LINES);

export const metadataSchema = z
  .record(text(40), textOrNothing(500))
  .refine((metadata) => Object.keys(metadata).length <= 20, 'must have 20 entries at most')
  .openapi({ maxProperties: 20, description: 'Your own data, returned with the order.' });

export const checkoutSchema = z
  .strictObject({
    order_id: orderIdSchema
      .optional()
      .openapi({ description: 'Your own id for the order. Without it, the id is derived from the Idempotency-Key.' }),
    customer_id: text(100).openapi({ example: 'customer-7' }),
    customer_email: emailSchema.optional().openapi({ example: 'ada@example.com' }),
    customer_phone: phoneSchema.optional(),
    shipping_address: addressSchema.optional(),
    billing_address: addressSchema.optional(),
    currency: currencySchema,
    items: itemsSchema,
    adjustments: z.array(adjustmentSchema).max(MAX_ADJUSTMENTS).optional().openapi({
      description: 'Shipping, tax, discounts and fees. They are part of the total, which must be at least 1.',
    }),
    payment: z.strictObject({ method: text(200).openapi({ example: 'pm_ok' }) }),
    total_minor: z
      .int()
      .min(0)
      .max(MAX_AMOUNT_MINOR)
      .optional()
      .openapi({ description: 'The total that the customer saw: 409 if the order now costs something else.' }),
    metadata: metadataSchema.optional(),
  })
  .openapi('Checkout', {
    example: {
      order_id: 'order-1001',
      customer_id: 'customer-7',
      customer_email: 'ada@example.com',
      currency: 'EUR',
      items: [{ sku: 'product-A', quantity: 2 }],
      payment: { method: 'pm_ok' },
      total_minor: 3998,
      metadata: { cart: '4711' },
    },
  });

export type CheckoutBody = z.infer<typeof checkoutSchema>;
