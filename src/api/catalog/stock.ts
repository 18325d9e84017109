import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import type { Actor } from '../../domain/actor.js';
import { actorJson, actorOf, actorSchema } from '../requests/actor-header.js';
import { answer as answerOf } from '../requests/answers.js';
import { requiredKey } from '../requests/idempotency-key.js';
import { skuSchema, text, timestamp } from '../requests/fields.js';
import { listOf, pageOf, pageQuery, placeOf } from '../requests/paging.js';
import { FROM_JSON, problems } from '../requests/problem-schema.js';
import { Problem } from '../requests/problems.js';
import { takes } from '../requests/header-docs.js';
import { guarded } from '../requests/guarded-route.js';
import { strictJson } from '../requests/strict-json.js';
import { jsonBody, refuseInvalid } from '../requests/validation.js';

export interface StockLevel {
  sku: string;
  onHand: number;
  reserved: number;
}

export interface StockMovement {
  id: number;
  kind: string;
  onHandDelta: number;
  reservedDelta: number;
  orderId: string | null;
  reason: string | null;
  actor: Actor | null;
  createdAt: string;
}

export interface StockAdjustment {
  sku: string;
  delta: number;
  reason: string;
  idempotencyKey: string;
  actor: Actor;
}

/** `replayed`: the same key was used for the same adjustment. `conflict`: for a different one. */
export type StockAdjusted =
  | { kind: 'adjusted' | 'replayed' | 'below_reserved'; stock: StockLevel }
  | { kind: 'conflict' }
  | { kind: 'unknown_sku' };

/** Reads and adjusts stock. Throws `Unavailable` when the database is unavailable. */
export interface StockStore {
  /** One transaction; never below what is reserved. */
  adjust(adjustment: StockAdjustment): Promise<StockAdjusted>;
  /** Newest first, before `beforeId`; undefined for a SKU without a stock row. */
  movements(sku: string, limit: number, beforeId?: number): Promise<StockMovement[] | undefined>;
}

export interface StockOptions {
  stock: StockStore;
  maxBodyBytes: number;
}

const MAX_DELTA = 1_000_000_000;

const adjustmentSchema = z
  .strictObject({
    delta: z
      .int()
      .min(-MAX_DELTA)
      .max(MAX_DELTA)
      .refine((delta) => delta !== 0, 'must not be 0')
      .openapi({ not: { const: 0 }, description: 'How many more, or if negative, how many fewer.' }),
    reason: text(200).openapi({ example: 'delivery 4711' }),
  })
  .openapi('StockAdjustment', { example: { delta: 40, reason: 'delivery 4711' } });

const levelSchema = z
  .object({
    sku: skuSchema,
    on_hand: z.int(),
    reserved: z.int(),
    available: z.int().openapi({ description: 'What is on hand and not reserved.' }),
  })
  .openapi('StockLevel', { example: { sku: 'product-A', on_hand: 140, reserved: 3, available: 137 } });

const movementSchema = z
  .object({
    id: z.int(),
    kind: z.string().openapi({ description: '`adjust`, `reserve`, `release`, `commit` or `restock`.' }),
    on_hand_delta: z.int(),
    reserved_delta: z.int(),
    order_id: z.string().nullable(),
    reason: z.string().nullable(),
    actor: actorSchema.nullable(),
    created_at: timestamp,
  })
  .openapi('StockMovement', {
    example: {
      id: 812,
      kind: 'adjust',
      on_hand_delta: 40,
      reserved_delta: 0,
      order_id: null,
      reason: 'delivery 4711',
      actor: null,
      created_at: '2026-11-01T09:30:00.000Z',
    },
  });

const params = z.object({ sku: skuSchema });

const postAdjustment = createRoute({
  method: 'post',
  path: '/v1/products/{sku}/stock-adjustments',
  tags: ['Products'],
  operationId: 'adjustStock',
  summary: 'Change what is on hand',
  description: 'Adds to or removes from the stock on hand. The `Idempotency-Key` makes a retry safe.',
  parameters: takes('RequiredIdempotencyKey', 'Actor'),
  request: { params, body: jsonBody(adjustmentSchema) },
  responses: {
    200: answerOf('The same adjustment was made before; this is the stock now', levelSchema, 'Idempotency-Replayed'),
    201: answerOf('Adjusted', levelSchema),
    ...problems(
      ...FROM_JSON,
      'idempotency-key-missing',
      'idempotency-key-invalid',
      'not-found',
      'stock-below-reserved',
      'idempotency-conflict',
    ),
  },
});

const getMovements = createRoute({
  method: 'get',
  path: '/v1/products/{sku}/stock-movements',
  tags: ['Products'],
  operationId: 'listStockMovements',
  summary: 'Read what changed the stock',
  description: "Every change of the product's stock, newest first, with the order that caused it.",
  request: { params, query: pageQuery },
  responses: {
    200: answerOf('What changed the stock, newest first', listOf('StockMovementList', movementSchema)),
    ...problems('not-found', 'validation-error'),
  },
});

const place = z.tuple([z.int().min(1)]);

export function createStockRoutes({ stock, maxBodyBytes }: StockOptions) {
  const app = new OpenAPIHono({ defaultHook: refuseInvalid });

  const routes = app.openapi(guarded(postAdjustment, strictJson(maxBodyBytes)), async (c) => {
    const { sku } = c.req.valid('param');
    const idempotencyKey = requiredKey(c.req.header('Idempotency-Key'));
    const adjustment = { sku, ...c.req.valid('json'), idempotencyKey, actor: actorOf(c) };
    const { level, replayed } = await adjustStock(stock, adjustment);
    if (replayed) c.header('Idempotency-Replayed', 'true');
    return c.json(stockJson(level), replayed ? 200 : 201);
  });

  return routes.openapi(getMovements, async (c) => {
    const { sku } = c.req.valid('param');
    const { limit, cursor } = c.req.valid('query');
    const [beforeId] = placeOf(cursor, place) ?? [];
    const movements = await stock.movements(sku, limit + 1, beforeId);
    if (movements === undefined) throw noProduct(sku);
    return c.json(pageOf(movements, limit, { json: movementJson, place: ({ id }) => [id] }), 200);
  });
}

/** @throws Problem `stock-below-reserved`, `idempotency-conflict` or `not-found` */
export async function adjustStock(
  stock: Pick<StockStore, 'adjust'>,
  adjustment: StockAdjustment,
): Promise<{ level: StockLevel; replayed: boolean }> {
  const { sku } = adjustment;
  const adjusted = await stock.adjust(adjustment);
  switch (adjusted.kind) {
    case 'adjusted':
    case 'replayed':
      return { level: adjusted.stock, replayed: adjusted.kind === 'replayed' };
    case 'below_reserved': {
      const { onHand, reserved } = adjusted.stock;
      const detail = `${onHand} of "${sku}" are on hand and ${reserved} of them are reserved.`;
      throw new Problem('stock-below-reserved', detail, { on_hand: onHand, reserved });
    }
    case 'conflict':
      throw new Problem(
        'idempotency-conflict',
        'This Idempotency-Key was used for a different adjustment of this product.',
      );
    case 'unknown_sku':
      throw noProduct(sku);
  }
}

function stockJson({ sku, onHand, reserved }: StockLevel): z.infer<typeof levelSchema> {
  return { sku, on_hand: onHand, reserved, available: onHand - reserved };
}

function movementJson(movement: StockMovement): z.infer<typeof movementSchema> {
  return {
    id: movement.id,
    kind: movement.kind,
    on_hand_delta: movement.onHandDelta,
    reserved_delta: movement.reservedDelta,
    order_id: movement.orderId,
    reason: movement.reason,
    actor: actorJson(movement.actor),
    created_at: movement.createdAt,
  };
}

function noProduct(sku: string): Problem {
  return new Problem('not-found', `There is no product "${sku}".`);
}
