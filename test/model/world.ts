import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { sql } from 'kysely';
import { Pool } from 'pg';
import type { PaymentGateways } from '../../src/activities/payments.js';
import { createCatalog } from '../../src/adapters/postgres/catalog/catalog.js';
import { createDeadLetterDecisionStore } from '../../src/adapters/postgres/dead-letters/dead-letter-decision-store.js';
import { createEndpointRecoveryStore } from '../../src/adapters/postgres/events/endpoint-recoveries.js';
import { createWebhookDeliveryStore } from '../../src/adapters/postgres/events/delivery-reader.js';
import { createEndpointStore } from '../../src/adapters/postgres/events/endpoint-store.js';
import { createGatewayEventStore } from '../../src/adapters/postgres/money/gateway-event-store.js';
import { createGatewayEventWatch } from '../../src/adapters/postgres/money/gateway-event-watch.js';
import { migrate } from '../../src/adapters/postgres/migrate.js';
import { createNoticeReader } from '../../src/adapters/postgres/events/notice-reader.js';
import { createCheckoutKeyStore } from '../../src/adapters/postgres/orders/checkout-keys.js';
import { createOrderListReader } from '../../src/adapters/postgres/orders/order-lists.js';
import { createOrderReader } from '../../src/adapters/postgres/orders/order-reader.js';
import { createCancelStore } from '../../src/adapters/postgres/orders/cancel-requests.js';
import { createFollowedOrderReader } from '../../src/adapters/postgres/orders/followed-orders.js';
import { openDatabase, type Database } from '../../src/adapters/postgres/pool.js';
import { createProductStore } from '../../src/adapters/postgres/catalog/product-store.js';
import { createStatsReader } from '../../src/adapters/postgres/stats-reader.js';
import { createStockStore } from '../../src/adapters/postgres/catalog/stock-adjustments.js';
import { createApp } from '../../src/api/app.js';
import { findOrder } from '../../src/api/orders/accept-checkout.js';
import { createOrderFollowers } from '../../src/api/orders/stream/order-followers.js';
import { createOrderMessages } from '../../src/temporal/order-messages.js';
import { createOrderWorkflows } from '../../src/temporal/start-checkout.js';
import { createGateways } from '../../src/commands/serve/gateway-registry.js';
import { actOn } from '../../src/commands/serve/gateway-event-wiring.js';
import { createPorts } from '../../src/commands/serve/worker-ports.js';
import { policyOf } from '../../src/commands/serve/order-policy.js';
import { readConfig } from '../../src/config.js';
import type { ProductSeed } from '../../src/domain/product.js';
import { serveSandbox } from '../../src/sandbox/serve.js';
import { activitiesFor } from '../../src/worker.js';
import { TASK_QUEUE } from '../../src/workflows/contract.js';
import { BUNDLE, startTimeSkipping } from '../support/time-skipping.js';
import { createClock, makeTimeMovable, type Clock } from './clock.js';
import { startGatewayProxy, type GatewayProxy } from './gateway-proxy.js';
import { createLedgerReader, type LedgerReader } from './ledger-reader.js';
import { noteStarts } from './server-view.js';
import { followEvents, type ToldEvents } from './told-events.js';

/** An order above this goes to review. */
export const REVIEW_ABOVE_MINOR = 50_000;

/** An answer of the API. */
export interface Answer {
  status: number;
  body: Record<string, unknown>;
  isReplay: boolean;
}

/** All that is real: the API, one worker, PostgreSQL, a time-skipping Temporal and the payment sandbox. */
export interface World {
  client: Client;
  database: Database;
  clock: Clock;
  gateway: GatewayProxy;
  ledger: LedgerReader;
  /** The orders that the circuit breaker held back at some time. */
  heldBack: ReadonlySet<string>;
  /** The orders about which the gateway was once asked without an answer that could be used. */
  unanswered: ReadonlySet<string>;
  events: ToldEvents;
  /** What the API and the relay logged. */
  faults: string[];
  post(path: string, body?: unknown, key?: string): Promise<Answer>;
  get(path: string): Promise<Answer>;
  /** Acts on stored messages of the gateway that are due, as a relay does. */
  lookAtEvents(): Promise<void>;
  /** Gives a gateway's message to the API, which believes it. */
  deliver(event: { id: string; type: string; data: Record<string, string | undefined> }): Promise<Answer>;
  settleAtGateway(chargeKey: string, outcome: 'captured' | 'declined'): Promise<void>;
  failRefundAtGateway(refundKey: string): Promise<void>;
  seed(...products: ProductSeed[]): Promise<void>;
  close(): Promise<void>;
}

const config = readConfig({
  GATEWAY_TIMEOUT_MS: '100',
  GATEWAY_SETTLING_MS: '10000',
  BREAKER_FAILURES: '10',
  BREAKER_HALF_OPEN_MS: '3000',
  PAYMENT_DEADLINE_MS: '120000',
  FRAUD_REVIEW_ABOVE_MINOR: String(REVIEW_ABOVE_MINOR),
  RETRY_MAXIMUM_MS: '600000',
  TEMPORAL_DEADLINE_MS: '20000',
});

/** Requests that reach into workflows that are under way. */
const WAKING = /\/(cancel|review|redrive|evidence)$|^\/webhooks\//;

export async function createWorld(): Promise<World> {
  const environment = await startTimeSkipping();
  // Only the native one is used; this one's pings would be too many for the server.
  await environment.connection.close();
  const database = await createDatabase();
  const sandbox = await serveSandbox({ port: 0, latencyMs: { min: 0, max: 0 } });
  const gateway = await startGatewayProxy(sandbox.url, (key) => hasSettled(database, key));
  const started = new Set<string>();
  const client = new Client({
    connection: environment.nativeConnection,
    interceptors: { workflow: [noteStarts(started)] },
  });
  const reader = createOrderReader(database);
  const workflows = createOrderWorkflows({ client, eagerStart: true, deadlineMs: config.TEMPORAL_DEADLINE_MS });
  const ports = createPorts({
    config,
    database,
    client,
    gateways: await createGateways({ ...config, SANDBOX_URL: gateway.url }, {}),
    findOrder: async (orderId) => (await findOrder({ reader, workflows }, orderId))?.order,
  });
  const requests = createOrderMessages({ client, deadlineMs: config.TEMPORAL_DEADLINE_MS });
  const heldBack = new Set<string>();
  const unanswered = new Set<string>();
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue: TASK_QUEUE,
    workflowBundle: BUNDLE,
    activities: activitiesFor({ ...ports, gateway: watched(ports.gateway, heldBack, unanswered) }),
  });
  const running = worker.run();

  const faults: string[] = [];
  const note = (fields: Record<string, unknown>, message: string) =>
    void faults.push(`${message}: ${String(fields['err'])}`);
  const events = followEvents(database, note);
  const app = createApp({
    // Keys have tests of their own.
    guards: [],
    keys: createCheckoutKeyStore(database),
    settlements: { wait: async () => {} },
    reader,
    cancels: createCancelStore(database),
    workflows,
    trail: reader,
    notices: createNoticeReader(database),
    followers: createOrderFollowers({
      orders: createFollowedOrderReader(database),
      most: 0,
      log: { error: note, warn: note },
    }),
    lists: createOrderListReader(database),
    stats: createStatsReader(database),
    requests,
    deadLetters: createDeadLetterDecisionStore(database),
    stock: createStockStore(database),
    products: createProductStore(database),
    inbox: createGatewayEventStore(database),
    endpoints: createEndpointStore(database),
    recoveries: createEndpointRecoveryStore(database),
    webhookDeliveries: createWebhookDeliveryStore(database),
    eventSender: { refuse: () => undefined },
    // Signatures have tests of their own.
    gatewayEvents: { verify: (_gateway, _headers, rawBody) => ({ ok: true, event: eventOf(rawBody) }) },
    policy: policyOf(config),
    maxBodyBytes: config.MAX_BODY_BYTES,
    log: { error: note, warn: note },
  });

  const call = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await app.request(path, init);
    const body = (await response.json()) as Record<string, unknown>;
    return { status: response.status, body, isReplay: response.headers.get('Idempotency-Replayed') === 'true' };
  };
  const clock = createClock(environment, database, started);
  const post = async (path: string, body: unknown = {}, key?: string) => {
    if (WAKING.test(path)) await clock.passBy();
    return call(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(key === undefined ? {} : { 'Idempotency-Key': key }) },
      body: JSON.stringify(body),
    });
  };
  const stored = createGatewayEventWatch(database);
  const lookAtEvents = async () => {
    const due = await stored.toWatch(100);
    if (due.length > 0) await clock.passBy();
    for (const event of due) await actOn(event, { ports, requests, policy: policyOf(config) });
    await stored.watched(due);
  };
  const askSandbox = async (path: string, body: unknown): Promise<void> => {
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(`${sandbox.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`the sandbox answered ${response.status}: ${await response.text()}`);
  };

  return {
    client,
    database,
    clock,
    gateway,
    ledger: createLedgerReader(sandbox.url),
    heldBack,
    unanswered,
    events,
    faults,
    post,
    get: (path) => call(path),
    async deliver(event) {
      const answer = await post('/webhooks/payments/sandbox', event);
      await lookAtEvents();
      return answer;
    },
    lookAtEvents,
    settleAtGateway: (key, outcome) => askSandbox(`/v1/charges/${encodeURIComponent(key)}/settle`, { outcome }),
    failRefundAtGateway: (key) => askSandbox(`/v1/refunds/${encodeURIComponent(key)}/fail`, {}),
    seed: (...products) => createCatalog(database).seed(products),
    async close() {
      await events.close();
      worker.shutdown();
      await running;
      await environment.teardown();
      await gateway.close();
      await sandbox.close();
      await database.close();
    },
  };
}

/**
 * The same gateway; notes the orders whose charges it refuses to send, and those it gets no answer about. Its breaker has
 * the real clock: without longer pauses, hours of the orders' clock would be thousands of tries.
 */
function watched(gateway: PaymentGateways, heldBack: Set<string>, unanswered: Set<string>): PaymentGateways {
  return {
    ...gateway,
    async charge(request, signal, at) {
      const result = await gateway.charge(request, signal, at);
      if (result.kind === 'refused') heldBack.add(request.orderId);
      if (result.kind === 'ambiguous') unanswered.add(request.orderId);
      return result;
    },
    async refund(request, signal, at) {
      const result = await gateway.refund(request, signal, at);
      if (!('retryAfterMs' in result) || result.retryAfterMs === undefined) return result;
      return { ...result, retryAfterMs: 10 * result.retryAfterMs };
    },
  };
}

/** Whether the last moment is over at which a charge may be sent, and the time to settle after that. */
async function hasSettled({ kysely }: Database, key: string): Promise<boolean> {
  const attempt = await kysely
    .selectFrom('payment_attempts')
    .select(
      sql<boolean>`send_by + ${config.GATEWAY_SETTLING_MS} * interval '1 ms' <= clock_timestamp()`.as('has_settled'),
    )
    .where('idempotency_key', '=', key)
    .executeTakeFirstOrThrow();
  return attempt.has_settled;
}

async function createDatabase() {
  const server = process.env['HOLDFAST_IT_POSTGRES_URL'];
  if (server === undefined) throw new Error('HOLDFAST_IT_POSTGRES_URL is not set: run this through jest');
  const name = `model_${randomUUID().replaceAll('-', '')}`;
  const admin = new Pool({ connectionString: server, max: 1 });
  await admin.query(`create database ${name}`);
  await admin.query(`alter database ${name} set search_path = public, pg_catalog`);
  const database = openDatabase({
    url: Object.assign(new URL(server), { pathname: `/${name}` }).href,
    size: 10,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 30_000,
    onError: () => {},
  });
  await makeTimeMovable(database);
  await migrate(database);
  await admin.end();
  return database;
}

function eventOf(rawBody: Uint8Array) {
  const { id, type, data } = JSON.parse(new TextDecoder().decode(rawBody)) as {
    id: string;
    type: string;
    data: { charge_key: string; refund_key?: string; order_id: string };
  };
  return {
    eventId: id,
    type,
    chargeKey: data.charge_key,
    refundKey: data.refund_key ?? null,
    orderId: data.order_id,
  };
}
