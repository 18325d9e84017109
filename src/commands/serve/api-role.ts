import { createApiKeyStore } from '../../adapters/postgres/api-keys.js';
import { createDeadLetterDecisionStore } from '../../adapters/postgres/dead-letters/dead-letter-decision-store.js';
import { createWebhookDeliveryStore } from '../../adapters/postgres/events/delivery-reader.js';
import { createCancelStore } from '../../adapters/postgres/orders/cancel-requests.js';
import { createFollowedOrderReader } from '../../adapters/postgres/orders/followed-orders.js';
import { createGatewayEventStore } from '../../adapters/postgres/money/gateway-event-store.js';
import { createCheckoutKeyStore } from '../../adapters/postgres/orders/checkout-keys.js';
import { createNoticeReader } from '../../adapters/postgres/events/notice-reader.js';
import { createOrderListReader } from '../../adapters/postgres/orders/order-lists.js';
import { createProductStore } from '../../adapters/postgres/catalog/product-store.js';
import { createStatsReader, MOST_COUNTED } from '../../adapters/postgres/stats-reader.js';
import { createStockStore } from '../../adapters/postgres/catalog/stock-adjustments.js';
import { createEndpointRecoveryStore } from '../../adapters/postgres/events/endpoint-recoveries.js';
import { createEndpointStore } from '../../adapters/postgres/events/endpoint-store.js';
import type { GatewayModule } from '../../adapters/gateways/gateway-module.js';
import { createApp, type AppOptions } from '../../api/app.js';
import type { GatewayEventVerifier } from '../../api/webhooks/gateway-webhooks.js';
import { createGuards } from '../../api/access/guards.js';
import { createKeyVerifier } from '../../api/access/key-verifier.js';
import { createOrderFollowers } from '../../api/orders/stream/order-followers.js';
import { createSettlementWatch } from '../../api/orders/settlement-watch.js';
import type { OrderGate } from '../../api/load/load-shedder.js';
import { serveHttp } from '../../api/serving/serve-http.js';
import { consoleOver } from './console-wiring.js';
import { addStreamGauge } from './register-gauges.js';
import { observedRequests } from './observed-requests.js';
import { policyOf } from './order-policy.js';
import { rateLimitsOf } from './rate-limit-wiring.js';
import type { RoleParts } from './role-parts.js';

/** Starts the API on its port. */
export async function startApiRole(parts: RoleParts, gate: OrderGate): Promise<void> {
  const { config, database, reader, workflows, requests, outbox, eventSender, metrics, log, tracing, lifetime } = parts;
  const followers = createOrderFollowers({
    orders: createFollowedOrderReader(database),
    most: config.MAX_STREAMS,
    log,
  });
  addStreamGauge(metrics, followers);
  const observe = observedRequests(metrics, log);
  const verifier = createKeyVerifier({ store: createApiKeyStore(database), cacheMs: config.API_KEY_CACHE_MS, log });
  const options: AppOptions = {
    observe,
    ...(tracing === undefined ? {} : { trace: tracing.traceRequest }),
    guards: createGuards({
      verifier,
      maxRequests: config.MAX_REQUESTS,
      maxBurst: config.MAX_BURST,
      corsOrigins: config.CORS_ORIGINS?.split(',') ?? [],
      log,
    }),
    gate,
    rateLimits: rateLimitsOf(config, database, log),
    keys: createCheckoutKeyStore(database),
    settlements: createSettlementWatch({ orders: reader, log }),
    reader,
    cancels: createCancelStore(database),
    followers,
    workflows,
    trail: reader,
    notices: createNoticeReader(database),
    lists: createOrderListReader(database),
    stats: createStatsReader(database, { outbox_backlog: () => outbox.depth(MOST_COUNTED) }),
    requests,
    deadLetters: createDeadLetterDecisionStore(database),
    stock: createStockStore(database),
    products: createProductStore(database),
    endpoints: createEndpointStore(database),
    recoveries: createEndpointRecoveryStore(database),
    webhookDeliveries: createWebhookDeliveryStore(database),
    eventSender,
    inbox: createGatewayEventStore(database),
    gatewayEvents: verifierOf(parts.paymentGateways.modules),
    policy: policyOf(config, parts.fraudChecks),
    maxBodyBytes: config.MAX_BODY_BYTES,
    log,
  };
  const pages = consoleOver({ options, verifier, database });
  const api = await serveHttp(createApp({ ...options, pages }), {
    host: config.HOST,
    port: config.PORT,
    variable: 'PORT',
    maxConnections: config.MAX_CONNECTIONS,
    observe,
  });
  lifetime.onClose('api', () => api.close(config.DRAIN_TIMEOUT_MS));
  // Before the API, which waits for open responses: a stream is one.
  lifetime.onClose('streams', () => followers.close());
  lifetime.onClose('console', () => pages.close());
}

function verifierOf(modules: readonly GatewayModule[]): GatewayEventVerifier {
  return {
    verify: (name, headers, rawBody) =>
      modules.find(({ gateway }) => gateway.name === name)?.verifyEvent?.(headers, rawBody) ?? { unknownGateway: true },
  };
}
