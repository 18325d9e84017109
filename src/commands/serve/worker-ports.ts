import type { Notifier } from '../../activities/notices.js';
import { createAuditStore } from '../../adapters/postgres/audit/audit-store.js';
import { createLookBackStore } from '../../adapters/postgres/audit/look-back-store.js';
import type { Client } from '../../temporal/connection.js';
import { createRunReader } from '../../temporal/run-lister.js';
import { createOrderMessages } from '../../temporal/order-messages.js';
import { createCancelCarrier } from './cancel-carrier.js';
import { createRefundResumer } from './refund-resumer.js';
import { fraudChecksOf, type CustomFraudCheck } from './fraud-checks.js';
import { policyOf } from './order-policy.js';
import { createChargeStore } from '../../adapters/postgres/money/charge-store.js';
import { createDeadLetterStore } from '../../adapters/postgres/dead-letters/dead-letter-store.js';
import { createGatewayEventStore } from '../../adapters/postgres/money/gateway-event-store.js';
import { createNoticeStore } from '../../adapters/postgres/events/notice-store.js';
import { createOrderStore } from '../../adapters/postgres/orders/order-store.js';
import type { Database } from '../../adapters/postgres/pool.js';
import { createOrderReader } from '../../adapters/postgres/orders/order-reader.js';
import { createRefundStore } from '../../adapters/postgres/money/refund-store.js';
import { createReservationStore } from '../../adapters/postgres/orders/reservation-store.js';
import { createScreeningStore } from '../../adapters/postgres/orders/screening-store.js';
import { createMessenger } from '../../temporal/messenger.js';
import type { Config } from '../../config.js';
import type { AcceptedOrder } from '../../domain/order.js';
import type { Gateways } from './gateway-registry.js';
import type { Ports } from '../../worker.js';

export interface PortsOptions {
  config: Config;
  database: Database;
  client: Client;
  gateways: Pick<Gateways, 'gateway' | 'routes'>;
  findOrder(orderId: string): Promise<AcceptedOrder | undefined>;
  /** Checks beyond the built-in ones. */
  fraudChecks?: readonly CustomFraudCheck[];
  /** The channels of notices to customers; default: none. */
  notifiers?: readonly Notifier[];
}

const LISTING_DEADLINE_MS = 30_000;
const LISTING_MOST = 10_000;

/** Creates the implementation of every port of the worker. */
export function createPorts(options: PortsOptions): Ports {
  const { config, database, client, gateways, findOrder, notifiers = [] } = options;
  const requests = createOrderMessages({ client, deadlineMs: config.TEMPORAL_DEADLINE_MS });
  const telling = { reader: createOrderReader(database), requests, policy: policyOf(config) };
  return {
    gateway: gateways.gateway,
    charges: createChargeStore(database, gateways.routes),
    refunds: createRefundStore(database),
    reservations: createReservationStore(database),
    orders: createOrderStore(database),
    screenings: createScreeningStore(database),
    deadLetters: createDeadLetterStore(database),
    gatewayEvents: createGatewayEventStore(database),
    fraudChecks: fraudChecksOf(database, options.fraudChecks),
    messenger: createMessenger({ messages: requests, policy: policyOf(config), findOrder }),
    notices: createNoticeStore(database),
    notifiers,
    audit: createAuditStore(database),
    lookBackStore: createLookBackStore(database),
    runs: createRunReader({
      client,
      deadlineMs: config.TEMPORAL_DEADLINE_MS,
      listDeadlineMs: LISTING_DEADLINE_MS,
      most: LISTING_MOST,
    }),
    refundResumer: createRefundResumer(telling),
    cancelCarrier: createCancelCarrier(telling),
    eventStarter: { start: (event) => requests.startEvent(event, policyOf(config)) },
  };
}
