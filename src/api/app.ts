// HTTP: one folder per resource, and the shared folders (`access`, `load`, `requests`, `document`, `serving`).
// Never SQL, never Temporal's client, never a change to an order: it asks workflows for that.

import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { requestId } from 'hono/request-id';
import { Unavailable, type Dependency } from '../domain/unavailable.js';
import { createDocsRoutes } from './document/docs-page.js';
import { documentOf } from './document/document.js';
import { createDeadLetterRoutes } from './dead-letters/dead-letter-routes.js';
import type { DeadLetterOptions } from './dead-letters/dead-letter-ports.js';
import { createGatewayWebhookRoutes, type WebhookOptions } from './webhooks/gateway-webhooks.js';
import { createErrorDocs } from './document/error-docs.js';
import { createAmendRoutes } from './orders/order-amend.js';
import { createCancelRoutes } from './orders/order-cancel.js';
import type { Guards } from './access/guards.js';
import { createOrderEventRoutes, type OrderEventOptions } from './orders/order-events.js';
import { createFulfilmentsRoutes } from './orders/order-fulfilments.js';
import { createFulfilmentRoutes } from './orders/order-fulfillment.js';
import { createNoticeRoutes, type NoticeOptions } from './orders/order-notices.js';
import { createRefundRoutes } from './orders/order-refunds.js';
import { createReviewRoutes } from './orders/order-review.js';
import { createStreamRoutes, type StreamOptions } from './orders/stream/order-stream.js';
import { createOrderRoutes, type OrderRoutesOptions } from './orders/order-routes.js';
import { createDeliveryRoutes, type DeliveryOptions } from './webhooks/webhook-deliveries.js';
import { createRecoveryRoutes, type RecoveryOptions } from './webhooks/recovery-routes.js';
import { createEndpointRoutes, type EndpointOptions } from './webhooks/webhook-endpoints.js';
import { Problem, problemResponse } from './requests/problems.js';
import { observeRequests, orderOf, type RequestObserver, type RequestTracer } from './requests/request-observer.js';
import { createProductRoutes, type ProductOptions } from './catalog/products.js';
import { endedEarly, malformed } from './requests/request-rules.js';
import { createOrderListRoutes, type OrderListOptions } from './orders/order-list.js';
import { createStatsRoutes, type StatsOptions } from './stats.js';
import { createStockRoutes, type StockOptions } from './catalog/stock.js';
import { limitBody } from './requests/body-limit.js';
import { wrongMediaType } from './requests/json-body.js';
import { knownRoutes, refuseUnknownParameters, refuseUnreadBodies } from './requests/undocumented.js';

/** The console: pages with sessions of their own. */
export interface Pages {
  fetch(request: Request, env: object): Response | Promise<Response>;
}

export type AppOptions = OrderRoutesOptions &
  DeadLetterOptions &
  OrderEventOptions &
  NoticeOptions &
  StreamOptions &
  StockOptions &
  WebhookOptions &
  ProductOptions &
  OrderListOptions &
  StatsOptions &
  EndpointOptions &
  RecoveryOptions &
  DeliveryOptions & { observe?: RequestObserver; trace?: RequestTracer; guards: Guards; pages?: Pages };

type Env = { Variables: { requestId: string } };

const RETRY_AFTER_SECONDS = 2;

/** The public API, as a fetch handler. */
export function createApp(options: AppOptions) {
  const app = new OpenAPIHono<Env>();
  const { log, maxBodyBytes } = options;

  app.use(requestId());
  if (options.observe !== undefined || options.trace !== undefined) {
    app.use(observeRequests(options.observe, options.trace));
  }
  for (const guard of options.guards) app.use(guard);
  const documented = knownRoutes(() => app.openAPIRegistry.definitions);
  app.use(refuseUnknownParameters(documented));
  // Before the limit below: gateway events have their own.
  app.route('/', createGatewayWebhookRoutes(options));
  app.use(limitBody(maxBodyBytes));
  app.use(refuseUnreadBodies(documented, maxBodyBytes));
  const routes = app
    .route('/', createOrderRoutes(options))
    .route('/', createAmendRoutes(options))
    .route('/', createCancelRoutes(options))
    .route('/', createRefundRoutes(options))
    .route('/', createReviewRoutes(options))
    .route('/', createFulfilmentRoutes(options))
    .route('/', createFulfilmentsRoutes(options))
    .route('/', createOrderEventRoutes(options))
    .route('/', createNoticeRoutes(options))
    .route('/', createStreamRoutes(options))
    .route('/', createDeadLetterRoutes(options))
    .route('/', createStockRoutes(options))
    .route('/', createProductRoutes(options))
    .route('/', createOrderListRoutes(options))
    .route('/', createStatsRoutes(options))
    .route('/', createEndpointRoutes(options))
    .route('/', createRecoveryRoutes(options))
    .route('/', createDeliveryRoutes(options));
  app.route(
    '/',
    createDocsRoutes(() => documentOf(app)),
  );
  app.route('/', createErrorDocs());
  const { pages } = options;
  if (pages !== undefined) {
    app.on(['GET', 'POST'], ['/console', '/console/*'], (c) =>
      pages.fetch(c.req.raw, { ...(c.env as object | undefined), requestId: c.get('requestId') }),
    );
  }

  app.notFound((c) => problemResponse(c, missing(app, c)));
  app.onError((error, c) => problemResponse(c, asProblem(error, c)));
  return routes;

  /** Every error below becomes a problem here, and only here. */
  function asProblem(error: Error, c: Context): Problem {
    if (error instanceof Problem) return error;
    if (error instanceof HTTPException && error.status === 400) {
      return new Problem('malformed-json', 'The request could not be read.');
    }
    if (error instanceof HTTPException && error.status === 415) return wrongMediaType(c.req.method);
    if (endedEarly(error, c)) return malformed('it ended before all of its body was there');
    const fields = { request_id: c.get('requestId'), order_id: orderOf(c), path: c.req.path, err: error };
    if (error instanceof Unavailable) {
      log.warn({ ...fields, err: error.cause, dependency: error.dependency }, 'a dependency is unavailable');
      return unavailable(error);
    }
    log.error(fields, 'a request failed');
    return new Problem('internal-error', 'The fault was logged under this request_id. Trying again is safe.');
  }
}

const UNAVAILABLE: Record<Dependency, string> = {
  database: 'The database is unavailable.',
  temporal: 'The workflow engine is unavailable.',
  worker: 'No worker answered in time.',
};

function unavailable({ dependency }: Unavailable): Problem {
  const detail =
    `${UNAVAILABLE[dependency]} ` +
    'Whether or not this request got through, sending it again with the same order_id or Idempotency-Key is safe.';
  return new Problem('unavailable', detail, { dependency }, { 'Retry-After': String(RETRY_AFTER_SECONDS) });
}

function missing(app: OpenAPIHono<Env>, c: Context): Problem {
  const others = app.routes.filter((route) => route.method !== 'ALL' && matches(route.path, c.req.path));
  const allowed = [...new Set(others.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))];
  if (allowed.length === 0 || allowed.includes(c.req.method))
    return new Problem('not-found', `There is nothing at ${c.req.path}.`);
  const Allow = allowed.join(', ');
  return new Problem('method-not-allowed', `${c.req.path} answers to ${Allow}.`, {}, { Allow });
}

function matches(pattern: string, path: string): boolean {
  const parts = pattern.split('/');
  const given = path.split('/');
  return (
    parts.length === given.length &&
    parts.every((part, i) => (part === '*' || part.startsWith(':') ? given[i] !== '' : part === given[i]))
  );
}
