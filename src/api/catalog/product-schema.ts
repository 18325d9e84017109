import { z } from '@hono/zod-openapi';
import { MAX_AMOUNT_MINOR } from '../../domain/money.js';
import { MAX_NAME_LENGTH, MAX_ON_HAND, type CatalogueProduct } from '../../domain/product.js';
import { currencySchema as currency, skuSchema, text, timestamp } from '../requests/fields.js';
import { listOf, pageQuery } from '../requests/paging.js';

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
  .openapi('NewProduct', {
    example: { sku: 'product-A', name: 'Notebook', currency: 'EUR', unit_price_minor: 1999, on_hand: 100 },
  });

/** A field that cannot be changed, with the reason. */
const fixed = (detail: string) =>
  z
    .unknown()
    .optional()
    .refine((value) => value === undefined, detail)
    .openapi({ not: {}, description: `Refused: it ${detail}.` });

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
  .openapi('ProductChange', { minProperties: 1, example: { unit_price_minor: 2199 } });

/** Without it, only the products for sale; with it, all products with all fields for operators. */
export const viewQuery = z.object({
  include: z
    .literal('inactive', 'must be "inactive"')
    .optional()
    .openapi({ description: 'Includes what is not for sale, and the fields for operators.' }),
});

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

/** The position in a list of products: the SKU of the last one. */
export const place = z.tuple([skuSchema]);

const EXAMPLE = {
  sku: 'product-A',
  name: 'Notebook',
  currency: 'EUR',
  unit_price_minor: 1999,
  active: true,
  available: 97,
  created_at: '2026-10-01T08:00:00.000Z',
  updated_at: '2026-10-20T16:20:00.000Z',
};

export const productJsonSchema = z
  .object({
    sku: skuSchema,
    name: z.string(),
    currency: z.string(),
    unit_price_minor: z.int().min(0),
    active: z.boolean(),
    available: z.int().openapi({ description: 'What is on hand and not reserved.' }),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .openapi('Product', { example: EXAMPLE });

export const fullProductJsonSchema = z
  .object({
    ...productJsonSchema.shape,
    on_hand: z.int(),
    reserved: z.int(),
    version: z.int().min(1).openapi({ description: 'Increases with each change; it is the ETag.' }),
  })
  .openapi('FullProduct', { example: { ...EXAMPLE, on_hand: 100, reserved: 3, version: 3 } });

/** The fields that depend on the view. */
export const eitherProduct = z.union([fullProductJsonSchema, productJsonSchema]);
export const eitherProductList = z.union([
  listOf('FullProductList', fullProductJsonSchema),
  listOf('ProductList', productJsonSchema),
]);

/** A product as the public sees it. */
export function productJson(product: CatalogueProduct): z.infer<typeof productJsonSchema> {
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
export function fullProductJson(product: CatalogueProduct): z.infer<typeof fullProductJsonSchema> {
  const { onHand, reserved, version } = product;
  return { ...productJson(product), on_hand: onHand, reserved, version };
}
