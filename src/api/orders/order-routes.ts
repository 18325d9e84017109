// Checkouts, and all requests about one order. `stream` follows orders live.
// An order changes in its workflow only: what is here reads, answers, or sends a message.

import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { Checkout } from '../../domain/checkout.js';
import type { OrderRecord } from '../../domain/order-record.js';
import { isSettled } from '../../domain/order.js';
import type { OrderPolicy } from '../../domain/policy.js';
import { actorOf } from '../requests/actor-header.js';
import { answer, RATE_HEADERS } from '../requests/answers.js';
import { toAddress } from './address-schema.js';
import { acceptCheckout, existingOrder, findOrder, type OrderSources } from './accept-checkout.js';
import { checkoutKey, type CheckoutKeyStore } from './checkout-key.js';
import { sentKey } from '../requests/idempotency-key.js';
import type { OrderGate, Ticket } from '../load/load-shedder.js';
import type { Settlements } from './settlement-watch.js';
import { orderJson, orderJsonSchema } from './order-json.js';
import { checkoutSchema, orderIdSchema, type CheckoutBody } from './order-schema.js';
import { FROM_JSON, problems } from '../requests/problem-schema.js';
import { Problem } from '../requests/problems.js';
import { countCheckout, type RateLimits } from '../access/rate-limits.js';
import { given } from '../requests/given.js';
import { etagOf } from '../requests/if-match.js';
import { takes } from '../requests/header-docs.js';
import { guarded } from '../requests/guarded-route.js';
import { preferredWait } from '../requests/prefer.js';
import { strictJson } from '../requests/strict-json.js';
import { jsonBody, refuseInvalid } from '../requests/validation.js';

// Beyond this many, requests are answered immediately, as without `Prefer: wait`.
const MOST_WAITING = 100;
const NO_IDENTITY = 'Send order_id in the body, or the header Idempotency-Key.';

export interface OrderRoutesOptions extends OrderSources {
  keys: CheckoutKeyStore;
  /** For those that prefer to wait. */
  settlements: Settlements;
  policy: OrderPolicy;
  maxBodyBytes: number;
  /** Without it, checkouts are not limited. */
  gate?: OrderGate;
  rateLimits?: RateLimits;
}

type Env = {
  Variables: {
    requestId: string;
    keyId: string | undefined;
    ticket: Ticket | undefined;
    orderId: string;
    workedOn: (() => void) | undefined;
  };
};

const postOrder = createRoute({
  method: 'post',
  path: '/v1/orders',
  tags: ['Orders'],
  operationId: 'placeOrder',
  summary: 'Place an order',
  description:
    'Accepts a checkout once. The answer is sent as soon as the order cannot be lost; with `Prefer: wait=N` it waits until the ' +
    'order is settled. Prices are those of the catalog.',
  parameters: takes('IdempotencyKey', 'Prefer', 'Actor'),
  request: { body: jsonBody(checkoutSchema) },
  responses: {
    200: answer(
      'The same checkout was accepted before; this is its order in its current state',
      orderJsonSchema,
      'Location',
      'Idempotency-Replayed',
      'Preference-Applied',
      ...RATE_HEADERS,
    ),
    201: answer(
      'Accepted, and settled within the preferred wait',
      orderJsonSchema,
      'Location',
      'Preference-Applied',
      ...RATE_HEADERS,
    ),
    202: answer('Accepted', orderJsonSchema, 'Location', 'Preference-Applied', ...RATE_HEADERS),
    ...problems(
      ...FROM_JSON,
      'idempotency-key-missing',
      'idempotency-key-invalid',
      'order-conflict',
      'idempotency-conflict',
      'price-changed',
      'rate-limited',
    ),
  },
});

const getOrder = createRoute({
  method: 'get',
  path: '/v1/orders/{id}',
  tags: ['Orders'],
  operationId: 'getOrder',
  summary: 'Read an order',
  description:
    'The order with its lines, payment attempts, refunds and links. A checkout that was just accepted is readable at once.',
  request: { params: z.object({ id: orderIdSchema }) },
  responses: { 200: answer('The order in its current state', orderJsonSchema, 'ETag'), ...problems('not-found') },
});

export function createOrderRoutes(options: OrderRoutesOptions) {
  const { policy, maxBodyBytes, gate, rateLimits, settlements, ...sources } = options;
  const app = new OpenAPIHono<Env>({ defaultHook: refuseInvalid });
  let waiting = 0;

  /** Refuses excess checkouts before anything is done for them. */
  const beforeReading = createMiddleware<Env>(async (c, next) => {
    await countCheckout(c, rateLimits?.perKey, 'API key', c.get('keyId'));
    const ticket = await gate?.enter(() => c.req.raw.signal);
    c.get('workedOn')?.();
    c.set('ticket', ticket);
    try {
      await next();
    } finally {
      ticket?.leave();
    }
  });

  const routes = app.openapi(guarded(postOrder, beforeReading, strictJson(maxBodyBytes)), async (c) => {
    const sent = sentKey(c.req.header('Idempotency-Key'));
    const key = sent === undefined ? undefined : checkoutKey(sent);
    const checkout = toCheckout(c.req.valid('json'), key?.ownOrderId);
    // For the log, even if the handler fails.
    c.set('orderId', checkout.orderId);
    await countCheckout(c, rateLimits?.perCustomer, 'customer', checkout.customerId);
    const request = { checkout, key, actor: actorOf(c), ticket: c.get('ticket') };
    const { kind, record } = await acceptCheckout({ ...sources, policy }, request);
    c.header('Location', `/v1/orders/${checkout.orderId}`);
    if (kind === 'replayed') c.header('Idempotency-Replayed', 'true');
    const now = await afterWait(c, record);
    if (kind === 'replayed') return c.json(orderJson(now, sources.workflows), 200);
    return c.json(orderJson(now, sources.workflows), now !== record && isSettled(now.status) ? 201 : 202);
  });

  return routes.openapi(getOrder, async (c) => {
    const { id } = c.req.valid('param');
    const record = await existingOrder(sources, id);
    c.header('ETag', etagOf(record.version));
    return c.json(orderJson(record, sources.workflows), 200);
  });

  /** The order once it is settled, or when the preferred wait is over. */
  async function afterWait(c: Context, record: OrderRecord): Promise<OrderRecord> {
    const seconds = preferredWait(c.req.header('Prefer'));
    if (seconds === undefined || waiting >= MOST_WAITING) return record;
    c.header('Preference-Applied', `wait=${seconds}`);
    if (isSettled(record.status)) return record;
    const { orderId } = record.order;
    waiting += 1;
    await settlements.wait(orderId, seconds * 1000).finally(() => (waiting -= 1));
    return (await findOrder(sources, orderId).catch(() => undefined)) ?? record;
  }
}

/** @throws Problem `idempotency-key-missing` */
function toCheckout(body: CheckoutBody, ownOrderId: string | undefined): Checkout {
  const orderId = body.order_id ?? ownOrderId;
  if (orderId === undefined) throw new Problem('idempotency-key-missing', NO_IDENTITY);
  return {
    orderId,
    customerId: body.customer_id,
    ...given({ customerEmail: body.customer_email, customerPhone: body.customer_phone }),
    ...given({
      shippingAddress: body.shipping_address && toAddress(body.shipping_address),
      billingAddress: body.billing_address && toAddress(body.billing_address),
    }),
    currency: body.currency,
    lines: body.items,
    ...adjustmentsOf(body),
    paymentMethod: body.payment.method,
    ...(body.total_minor === undefined ? {} : { expectedTotalMinor: body.total_minor }),
    metadata: body.metadata ?? {},
  };
}

/** No adjustments and an empty list of them are the same. */
function adjustmentsOf({ adjustments = [] }: CheckoutBody): Pick<Checkout, 'adjustments'> {
  if (adjustments.length === 0) return {};
  return {
    adjustments: adjustments.map(({ type, label, amount_minor: amountMinor, sku }) => {
      return { type, label, amountMinor, ...(sku === undefined ? {} : { sku }) };
    }),
  };
}
