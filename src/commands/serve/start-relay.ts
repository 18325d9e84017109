import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createEndpointGates } from '../../activities/deliveries/endpoint-gates.js';
import type { EventSender } from '../../activities/deliveries/event-sender.js';
import { createDeliveryStore } from '../../adapters/postgres/events/delivery-store.js';
import { listenToOutbox } from '../../adapters/postgres/events/outbox-listener.js';
import { DELIVERY_NEWS, GATEWAY_EVENT_NEWS, OUTBOX_NEWS } from '../../adapters/postgres/events/relay-news.js';
import type { Database } from '../../adapters/postgres/pool.js';
import { createRecoveryStore } from '../../adapters/postgres/events/recovery-store.js';
import { createEndpointStore } from '../../adapters/postgres/events/endpoint-store.js';
import { createWebhookStore } from '../../adapters/postgres/events/webhook-store.js';
import type { Config } from '../../config.js';
import type { OutboxStore } from '../../relay/relay-ports.js';
import type { Client } from '../../temporal/connection.js';
import { createDeliveryStarter } from '../../temporal/delivery-starter.js';
import type { OutboxConsumer } from '../../relay/outbox-event.js';
import { recoverEndpoints } from '../../relay/recover-endpoints.js';
import { startPurge } from '../../relay/purge.js';
import { startRelay } from '../../relay/relay.js';
import { watchOver } from '../../relay/ensure-workflows.js';
import { createWebhookConsumer } from '../../relay/webhook-consumer.js';
import { createDeliveryWorker } from '../../worker.js';
import { runWorker } from './run-worker.js';
import type { TemporalNeeds } from './temporal-needs.js';
import type { Lifetime } from '../shutdown.js';

export interface RelayRoleOptions {
  config: Config;
  databaseUrl: string;
  database: Database;
  outbox: OutboxStore;
  client: Client;
  connection: NativeConnection;
  needs: TemporalNeeds;
  eventSender: EventSender;
  log: Logger;
  lifetime: Lifetime;
  /** In addition to the webhooks. */
  consumers?: readonly OutboxConsumer[];
  /** Called when a gateway event came that tells something new. */
  onGatewayEvent?: () => void;
}

const POOLER =
  'DATABASE_URL leads to a connection pooler, where LISTEN may not work: new events are looked for every second; ' +
  'set DATABASE_DIRECT_URL to send them at once';

/** Hands on the events of the outbox and sends webhooks. Ends through the lifetime. */
export async function startRelayRole(options: RelayRoleOptions): Promise<void> {
  const { config, database, outbox, client, connection, needs, eventSender, log, lifetime, consumers = [] } = options;
  const gates = createEndpointGates();
  const store = createWebhookStore(database);
  const delaysMs = config.WEBHOOK_RETRY_DELAYS_S.split(',').map((seconds) => Number(seconds) * 1_000);
  await createEndpointStore(database).refreshFilters();

  const create = () =>
    createDeliveryWorker({
      connection,
      namespace: config.TEMPORAL_NAMESPACE,
      ports: { deliveries: createDeliveryStore(database), eventSender, gates },
      shutdownGraceMs: config.DRAIN_TIMEOUT_MS,
    });
  await runWorker({ name: 'delivery worker', create, needs, log, lifetime });

  const purge = startPurge({ store, log, retentionMs: config.WEBHOOK_RETENTION_MS });
  lifetime.onClose('purge of deliveries', () => purge.stop());
  const start = createDeliveryStarter({ client, deadlineMs: config.TEMPORAL_DEADLINE_MS, delaysMs });
  const watch = watchOver({ store, start, log, what: 'delivery', known: ({ id }) => ({ delivery: id }) });
  lifetime.onClose('watch over deliveries', () => watch.stop());
  const recoveries = recoverEndpoints({ store: createRecoveryStore(database), log, onOpen: watch.wake });
  lifetime.onClose('recovery of endpoints', () => recoveries.stop());
  const webhooks = createWebhookConsumer({ store, sender: eventSender, gates, delaysMs, onOpen: watch.wake });
  const relay = startRelay({ store: outbox, consumers: [webhooks, ...consumers], log });
  lifetime.onClose('relay', () => relay.stop());
  const listener = listenToOutbox({
    url: options.databaseUrl,
    directUrl: config.DATABASE_DIRECT_URL,
    onNews(what) {
      if (what === undefined || what === OUTBOX_NEWS) relay.wake();
      if (what === undefined || what === DELIVERY_NEWS) {
        watch.wake();
        recoveries.wake();
      }
      if (what === undefined || what === GATEWAY_EVENT_NEWS) options.onGatewayEvent?.();
    },
    onFault: (err) => log.warn({ err }, 'the connection that listens for events was lost; reconnecting'),
    onPooler: () => log.warn(POOLER),
  });
  lifetime.onClose('listener', () => listener.close());
}
