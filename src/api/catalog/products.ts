// Products and stock as the shop maintains them. Never reservations: orders make those.

import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import type { Actor } from '../../domain/actor.js';
import { productPath, type CatalogueProduct } from '../../domain/product.js';
import { actorOf } from '../requests/actor-header.js';
import { answer, emptyAnswer } from '../requests/answers.js';
import { changedMeanwhile, etagOf, expectedVersions } from '../requests/if-match.js';
import { skuSchema } from '../requests/fields.js';
import { pageOf, placeOf } from '../requests/paging.js';
import { FROM_JSON, problems } from '../requests/problem-schema.js';
import { Problem } from '../requests/problems.js';
import {
  changeSchema,
  eitherProduct,
  eitherProductList,
  fullProductJson,
  fullProductJsonSchema,
  newProductSchema,
  place,
  productJson,
  productsQuery,
  viewQuery,
} from './product-schema.js';
import { takes } from '../requests/header-docs.js';
import { guarded } from '../requests/guarded-route.js';
import { strictJson } from '../requests/strict-json.js';
import { jsonBody, refuseInvalid } from '../requests/validation.js';

export interface NewProduct {
  sku: string;
  name: string;
  currency: string;
  unitPriceMinor: number;
  active: boolean;
  onHand: number;
  /** The actor of the stock movement. */
  actor: Actor;
}

export interface ProductChanges {
  name?: string;
  unitPriceMinor?: number;
  active?: boolean;
}

export interface ProductFilter {
  limit: number;
  afterSku?: string;
  active?: boolean;
  currency?: string;
  /** Case-insensitive. */
  namePrefix?: string;
}

export type ProductCreated = { kind: 'created'; product: CatalogueProduct } | { kind: 'exists' };

/** `stale`: the current version is not among the expected ones. */
export type ProductRefused = { kind: 'unknown' } | { kind: 'stale'; version: number };
export type ProductChanged = { kind: 'changed'; product: CatalogueProduct } | ProductRefused;
export type ProductDeleted = { kind: 'deleted' } | { kind: 'reserved'; reserved: number } | ProductRefused;

/** Reads and changes the catalog. Throws `Unavailable` when the database is unavailable. */
export interface ProductStore {
  /** A SKU that was deleted starts over. */
  create(product: NewProduct): Promise<ProductCreated>;
  find(sku: string): Promise<CatalogueProduct | undefined>;
  /** In SKU order. */
  list(filter: ProductFilter): Promise<CatalogueProduct[]>;
  change(sku: string, changes: ProductChanges, expected?: readonly number[]): Promise<ProductChanged>;
  /** Accepted orders are not affected; a product that open orders hold stock of is not deleted. */
  delete(sku: string, expected?: readonly number[]): Promise<ProductDeleted>;
}

export interface ProductOptions {
  products: ProductStore;
  maxBodyBytes: number;
}

const params = z.object({ sku: skuSchema });

const getProducts = createRoute({
  method: 'get',
  path: '/v1/products',
  tags: ['Products'],
  operationId: 'listProducts',
  summary: 'List products',
  description:
    'The catalog, one page at a time. Reading it needs no key; inactive products are shown only to a key with the scope `catalog`.',
  request: { query: productsQuery },
  responses: {
    200: answer('The products for sale in SKU order; with include=inactive, all of them', eitherProductList),
    ...problems('validation-error'),
  },
});

const postProduct = createRoute({
  method: 'post',
  path: '/v1/products',
  tags: ['Products'],
  operationId: 'createProduct',
  summary: 'Create a product',
  description: 'Adds a product to the catalog with its price and its stock on hand.',
  parameters: takes('Actor'),
  request: { body: jsonBody(newProductSchema) },
  responses: {
    201: answer('Created', fullProductJsonSchema, 'Location', 'ETag'),
    ...problems(...FROM_JSON, 'product-exists'),
  },
});

const getProduct = createRoute({
  method: 'get',
  path: '/v1/products/{sku}',
  tags: ['Products'],
  operationId: 'getProduct',
  summary: 'Read a product',
  description:
    'The product with its price and stock. Its `ETag` is the version that a change has to name in `If-Match`.',
  request: { params, query: viewQuery },
  responses: { 200: answer('The product', eitherProduct, 'ETag'), ...problems('not-found', 'validation-error') },
});

const patchProduct = createRoute({
  method: 'patch',
  path: '/v1/products/{sku}',
  tags: ['Products'],
  operationId: 'changeProduct',
  summary: 'Change a product',
  description: 'Accepted orders keep the name and the price that they were accepted with.',
  parameters: takes('IfMatch'),
  request: { params, body: jsonBody(changeSchema) },
  responses: {
    200: answer('Changed', fullProductJsonSchema, 'ETag'),
    ...problems(...FROM_JSON, 'not-found', 'precondition-failed'),
  },
});

const deleteProduct = createRoute({
  method: 'delete',
  path: '/v1/products/{sku}',
  tags: ['Products'],
  operationId: 'deleteProduct',
  summary: 'Delete a product',
  description:
    'Removes the product from the catalog. Orders that contain it keep it; while open orders hold its stock, the answer is 409.',
  parameters: takes('IfMatch'),
  request: { params },
  responses: {
    204: emptyAnswer('Deleted, now or before'),
    ...problems(...FROM_JSON, 'not-found', 'product-reserved', 'precondition-failed'),
  },
});

export function createProductRoutes({ products, maxBodyBytes }: ProductOptions) {
  const app = new OpenAPIHono({ defaultHook: refuseInvalid });
  const strict = strictJson(maxBodyBytes);

  return app
    .openapi(getProducts, async (c) => {
      const { limit, cursor, include, active, currency, name_prefix: namePrefix } = c.req.valid('query');
      const [afterSku] = placeOf(cursor, place) ?? [];
      const wanted = include === undefined ? true : active === undefined ? undefined : active === 'true';
      const found = await products.list({
        limit: limit + 1,
        ...(afterSku === undefined ? {} : { afterSku }),
        ...(wanted === undefined ? {} : { active: wanted }),
        ...(currency === undefined ? {} : { currency }),
        ...(namePrefix === undefined ? {} : { namePrefix }),
      });
      const json = include === undefined ? productJson : fullProductJson;
      return c.json(pageOf(found, limit, { json, place: ({ sku }) => [sku] }), 200);
    })
    .openapi(guarded(postProduct, strict), async (c) => {
      const { unit_price_minor: unitPriceMinor, on_hand: onHand, ...rest } = c.req.valid('json');
      const created = await products.create({ ...rest, unitPriceMinor, onHand, actor: actorOf(c) });
      if (created.kind === 'exists') {
        const detail = `Product "${rest.sku}" already exists. Change it with PATCH.`;
        throw new Problem('product-exists', detail, { product: productPath(rest.sku) });
      }
      c.header('Location', productPath(rest.sku));
      c.header('ETag', etagOf(created.product.version));
      return c.json(fullProductJson(created.product), 201);
    })
    .openapi(getProduct, async (c) => {
      const { sku } = c.req.valid('param');
      const { include } = c.req.valid('query');
      const product = await products.find(sku);
      if (product === undefined || (include === undefined && !product.active)) throw noProduct(sku);
      c.header('ETag', etagOf(product.version));
      return c.json(include === undefined ? productJson(product) : fullProductJson(product), 200);
    })
    .openapi(guarded(patchProduct, strict), async (c) => {
      const { sku } = c.req.valid('param');
      const { name, unit_price_minor: unitPriceMinor, active } = c.req.valid('json');
      const changes = {
        ...(name === undefined ? {} : { name }),
        ...(unitPriceMinor === undefined ? {} : { unitPriceMinor }),
        ...(active === undefined ? {} : { active }),
      };
      const changed = await products.change(sku, changes, expectedVersions(c.req.header('If-Match')));
      if (changed.kind !== 'changed') throw refusal(changed, sku);
      c.header('ETag', etagOf(changed.product.version));
      return c.json(fullProductJson(changed.product), 200);
    })
    .openapi(deleteProduct, async (c) => {
      const { sku } = c.req.valid('param');
      const deleted = await products.delete(sku, expectedVersions(c.req.header('If-Match')));
      if (deleted.kind === 'deleted') return c.body(null, 204);
      if (deleted.kind !== 'reserved') throw refusal(deleted, sku);
      const { reserved } = deleted;
      const detail = `Open orders hold ${reserved} of "${sku}". Set "active" to false to stop its sale until they have ended.`;
      throw new Problem('product-reserved', detail, { reserved });
    });
}

function refusal(refused: ProductRefused, sku: string): Problem {
  return refused.kind === 'stale' ? changedMeanwhile(refused.version) : noProduct(sku);
}

function noProduct(sku: string): Problem {
  return new Problem('not-found', `There is no product "${sku}".`);
}
