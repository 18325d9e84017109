import { z } from '@hono/zod-openapi';
import { isCurrency, MAX_AMOUNT_MINOR } from '../domain/money.js';
import { MAX_NAME_LENGTH, MAX_ON_HAND, type CatalogueProduct } from '../domain/product.js';
import { skuSchema, text } from './order-schema.js';
import { pageQuery } from './paging.js';

const currency = z
  .string()
  .refine(isCurrency, 'must be an upper-case ISO 4217 code, such as "EUR"')
  .openapi({ example: 'EUR' });
const name = text(MAX_NAME_LENGTH).openapi({ example: 'Notebook' });
const unitPriceMinor = z
  .int('must be a whole number of minor units, such as 1999 for EUR 19.99')
  .min(0)
  .max(MAX_AMOUNT_MINOR)
  .openapi({ example: 1999 });

export const newProductSchema = z
  .strictObject({
    sku: skuSchema,
    name,
    currency,
    unit_price_minor: unitPriceMinor,
    active: z.boolean().default(true),
    on_hand: z.int().min(0).max(MAX_ON_HAND).default(0),
  })
  .openapi('NewProduct');

/** A field that has no place in a change, with the reason. */
const fixed = (detail: string) =>
  z
    .unknown()
    .optional()
    .refine((value) => value === undefined, detail);

export const changeSchema = z
  .strictObject({
    name: name.optional(),
    unit_price_minor: unitPriceMinor.optional(),
    active: z.boolean().optional(),
    sku: fixed('cannot be changed; create a product with the other SKU'),
    currency: fixed('cannot be changed; create a product with another SKU, or delete this one and create it again'),
    on_hand: fixed('is changed by POST /v1/products/{sku}/stock-adjustments'),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'must have at least one of name, unit_price_minor, active')
  .openapi('ProductChange');

/** Who sees what: without it the products for sale, with it also the others, with all that operators see. */
export const viewQuery = z.object({ include: z.literal('inactive', 'must be "inactive"').optional() });

export const productsQuery = pageQuery
  .extend({
    ...viewQuery.shape,
    active: z.enum(['true', 'false']).optional(),
    currency: currency.optional(),
    name_prefix: text(MAX_NAME_LENGTH).optional(),
  })
  .refine(({ active, include }) => active !== 'false' || include === 'inactive', {
    path: ['active'],
    message: 'may be false only with include=inactive',
  });

/** Where a list of products goes on: the last one's SKU. */
export const place = z.tuple([skuSchema]);

/** A product as everybody sees it. */
export function productJson(product: CatalogueProduct) {
  return {
    sku: product.sku,
    name: product.name,
    currency: product.currency,
    unit_price_minor: product.unitPriceMinor,
    active: product.active,
    available: product.onHand - product.reserved,
    created_at: product.createdAt,
    updated_at: product.updatedAt,
  };
}

/** A product as operators see it. */
export function fullProductJson(product: CatalogueProduct) {
  const { onHand, reserved, version } = product;
  return { ...productJson(product), on_hand: onHand, reserved, version };
}
