import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { EventSender } from '../../activities/deliveries/event-sender.js';
import type { Notifier } from '../../activities/notices.js';
import type { Tracing } from '../../adapters/opentelemetry/tracing.js';
import type { PostgresOrderReader } from '../../adapters/postgres/orders/order-reader.js';
import type { Database } from '../../adapters/postgres/pool.js';
import type { Metrics } from '../../adapters/prometheus/metrics.js';
import type { Client } from '../../temporal/connection.js';
import type { OrderWorkflows } from '../../temporal/start-checkout.js';
import type { OrderMessages } from '../../temporal/order-messages.js';
import type { ReadinessGauge } from '../../api/serving/readiness.js';
import type { Config } from '../../config.js';
import type { OutboxStore } from '../../relay/relay-ports.js';
import type { CustomFraudCheck } from './fraud-checks.js';
import type { GatewayDefinition, Gateways } from './gateway-registry.js';
import type { TemporalNeeds } from './temporal-needs.js';
import type { Lifetime } from '../shutdown.js';

export type Role = 'api' | 'worker';

export interface RolesOptions {
  config: Config;
  roles: readonly Role[];
  databaseUrl: string;
  temporalAddress: string;
  /** Custom payment gateways, which `GATEWAY` may name. */
  gateways?: readonly GatewayDefinition[];
  /** Custom notifiers, in addition to those in the configuration. */
  notifiers?: readonly Notifier[];
  log: Logger;
  /** No tracing without it. */
  tracing?: Tracing | undefined;
  lifetime: Lifetime;
  /** Custom fraud checks, which every new order has to pass. */
  fraudChecks?: readonly CustomFraudCheck[];
}

/** Everything that the roles of one process share. */
export interface RoleParts extends RolesOptions {
  database: Database;
  connection: NativeConnection;
  client: Client;
  paymentGateways: Gateways;
  needs: TemporalNeeds;
  reader: PostgresOrderReader;
  workflows: OrderWorkflows;
  requests: OrderMessages;
  outbox: OutboxStore;
  eventSender: EventSender;
  metrics: Metrics;
  readiness: ReadinessGauge;
}
