import { createDeadLetterReader } from '../adapters/postgres/dead-letter-reader.js';
import { createFollowedOrders } from '../adapters/postgres/followed-orders.js';
import { createGatewayEventStore } from '../adapters/postgres/gateway-events.js';
import { createOrderLists } from '../adapters/postgres/order-lists.js';
import { createProducts } from '../adapters/postgres/products.js';
import { createStatsReader } from '../adapters/postgres/stats-reader.js';
import { createStockAdjustments } from '../adapters/postgres/stock-adjustments.js';
import { createSandboxEvents } from '../adapters/sandbox/events.js';
import { createApp } from '../api/app.js';
import type { GatewayEventVerifier } from '../api/gateway-webhooks.js';
import { createOrderFollowers } from '../api/order-followers.js';
import { createOrderRequests } from '../api/order-requests.js';
import { serveHttp } from '../api/serve-http.js';
import { addStreamGauge } from './gauges.js';
import { observedRequests } from './observed-requests.js';
import { policyOf } from './ports.js';
import type { RoleParts } from './role-parts.js';

/** Starts the API on its port. */
export async function startApiRole(parts: RoleParts): Promise<void> {
  const { config, database, client, reader, workflows, metrics, log, lifetime } = parts;
  const followers = createOrderFollowers({ orders: createFollowedOrders(database), most: config.MAX_STREAMS, log });
  addStreamGauge(metrics, followers);
  const app = createApp({
    observe: observedRequests(metrics, log),
    reader,
    followers,
    workflows,
    trail: reader,
    lists: createOrderLists(database),
    stats: createStatsReader(database),
    requests: createOrderRequests({ client, deadlineMs: config.TEMPORAL_DEADLINE_MS }),
    deadLetters: createDeadLetterReader(database),
    stock: createStockAdjustments(database),
    products: createProducts(database),
    inbox: createGatewayEventStore(database),
    gatewayEvents: verifierOf(parts.sandboxEventSecrets),
    policy: policyOf(config, parts.fraudChecks),
    maxBodyBytes: config.MAX_BODY_BYTES,
    log,
  });
  const api = await serveHttp(app, { host: config.HOST, port: config.PORT, variable: 'PORT' });
  lifetime.onClose('api', () => api.close(config.DRAIN_TIMEOUT_MS));
  // Before the API: it waits for open answers, and a stream is one.
  lifetime.onClose('streams', () => followers.close());
}

function verifierOf(secrets: readonly string[]): GatewayEventVerifier {
  const sandbox = secrets.length === 0 ? undefined : createSandboxEvents({ secrets });
  return {
    verify: (gateway, headers, rawBody) =>
      gateway === 'sandbox' && sandbox !== undefined ? sandbox.verify(headers, rawBody) : { unknownGateway: true },
  };
}
