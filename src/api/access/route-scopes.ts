import type { Scope } from '../../domain/scopes.js';

/**
 * The scope that each route requires; `public` routes require none. A route that is not listed requires `admin`, and a
 * test fails until it is listed.
 */
export const ROUTE_SCOPES: Readonly<Record<string, Scope | 'public'>> = {
  'POST /v1/orders': 'orders',
  'GET /v1/orders': 'orders',
  'GET /v1/orders/:id': 'orders',
  'PATCH /v1/orders/:id': 'orders',
  'GET /v1/orders/:id/events': 'orders',
  'GET /v1/orders/:id/stream': 'orders',
  'POST /v1/orders/:id/cancel': 'orders',
  'POST /v1/orders/:id/refunds': 'orders',
  'POST /v1/orders/:id/fulfilment': 'orders',
  'POST /v1/orders/:id/fulfilments': 'orders',
  'POST /v1/orders/:id/review': 'operations',
  'GET /v1/orders/:id/notices': 'operations',

  'GET /v1/products': 'public',
  'GET /v1/products/:sku': 'public',
  'POST /v1/products': 'catalog',
  'PATCH /v1/products/:sku': 'catalog',
  'DELETE /v1/products/:sku': 'catalog',
  'POST /v1/products/:sku/stock-adjustments': 'catalog',
  'GET /v1/products/:sku/stock-movements': 'catalog',

  'GET /v1/dead-letters': 'operations',
  'GET /v1/dead-letters/:id': 'operations',
  'POST /v1/dead-letters/:id/redrive': 'operations',
  'POST /v1/dead-letters/:id/discard': 'operations',
  'POST /v1/dead-letters/:id/evidence': 'operations',
  'GET /v1/webhook-endpoints': 'operations',
  'GET /v1/webhook-endpoints/:id': 'operations',
  'POST /v1/webhook-endpoints': 'operations',
  'PATCH /v1/webhook-endpoints/:id': 'operations',
  'DELETE /v1/webhook-endpoints/:id': 'operations',
  'POST /v1/webhook-endpoints/:id/secrets': 'operations',
  'DELETE /v1/webhook-endpoints/:id/secrets/old': 'operations',
  'POST /v1/webhook-endpoints/:id/test': 'operations',
  'GET /v1/webhook-endpoints/:id/recover': 'operations',
  'POST /v1/webhook-endpoints/:id/recover': 'operations',
  'GET /v1/webhook-deliveries': 'operations',
  'GET /v1/webhook-deliveries/:id': 'operations',
  'POST /v1/webhook-deliveries/:id/replay': 'operations',
  'GET /v1/stats': 'operations',

  // Signed by the gateway.
  'POST /webhooks/payments/:gateway': 'public',
  'GET /': 'public',
  'GET /favicon.ico': 'public',
  'GET /openapi.json': 'public',
  'GET /docs': 'public',
  'GET /docs/errors': 'public',
  'GET /docs/*': 'public',
  // Behind a sign-in of its own.
  'GET /console': 'public',
  'GET /console/*': 'public',
  'POST /console': 'public',
  'POST /console/*': 'public',
};

/** Public routes that show more, such as stock, to clients with this scope that send the parameter `include`. */
export const INCLUDE_SCOPES: Readonly<Record<string, Scope>> = {
  'GET /v1/products': 'catalog',
  'GET /v1/products/:sku': 'catalog',
};
