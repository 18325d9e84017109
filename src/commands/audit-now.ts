import { createOrderReader } from '../adapters/postgres/orders/order-reader.js';
import { findOrder } from '../api/orders/accept-checkout.js';
import { clientOn, connectTo, type Connection } from '../temporal/connection.js';
import { createOrderWorkflows } from '../temporal/start-checkout.js';
import type { Config } from '../config.js';
import { portAnswers } from '../embedded/tcp-ports.js';
import { runAudit } from './run-audit.js';
import { databaseUrlOf, withDatabase } from './database.js';
import { createGateways } from './serve/gateway-registry.js';
import { createPorts } from './serve/worker-ports.js';
import { policyOf } from './serve/order-policy.js';
import { temporalServerAt } from './serve/temporal-server.js';

const CONNECT_MS = 5_000;

/** Audits the servers that the environment names, or those of a `holdfast up` on this machine. */
export async function auditNow(config: Config, say: (line: string) => void): Promise<0 | 1> {
  const address = config.TEMPORAL_ADDRESS ?? `127.0.0.1:${config.TEMPORAL_PORT}`;
  // The driver would retry a port on which nothing listens.
  if (config.TEMPORAL_ADDRESS === undefined && !(await portAnswers(config.TEMPORAL_PORT))) {
    throw new Error(
      `Temporal at ${address} does not answer; start "holdfast up", or set ` +
        'DATABASE_URL, TEMPORAL_ADDRESS and SANDBOX_URL to your servers',
    );
  }
  const gateways = await createGateways(config, {});

  return withDatabase(databaseUrlOf(config), async (database) => {
    const connection = await connectionTo(address, config);
    try {
      const client = clientOn({ connection, namespace: config.TEMPORAL_NAMESPACE });
      const reader = createOrderReader(database);
      const workflows = createOrderWorkflows({ client, eagerStart: false, deadlineMs: config.TEMPORAL_DEADLINE_MS });
      const ports = createPorts({
        config,
        database,
        client,
        gateways,
        findOrder: async (orderId) => (await findOrder({ reader, workflows }, orderId))?.order,
      });
      // Only workflows change orders: the recovery that the audit starts records late captures.
      const charges = { captured: async () => ({ kind: 'superseded' }) as const };
      // And the next scheduled audit marks a refund that was returned as failed.
      const gatewayEvents = { ...ports.gatewayEvents, refundFailedLate: async () => false };
      return await runAudit({ ports: { ...ports, charges, gatewayEvents }, policy: policyOf(config), say });
    } finally {
      await connection.close();
    }
  });
}

async function connectionTo(address: string, config: Config): Promise<Connection> {
  const server = await temporalServerAt(address, config);
  return connectTo(server, CONNECT_MS).catch((cause: Error) => {
    const hint = 'is it running, and is TEMPORAL_ADDRESS right?';
    throw new Error(`Temporal at ${address}: ${cause.message}; ${hint}`, { cause });
  });
}
