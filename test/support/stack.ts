import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { Pool } from 'pg';
import { createCatalog } from '../../src/adapters/postgres/catalog/catalog.js';
import { migrate } from '../../src/adapters/postgres/migrate.js';
import { openDatabase, type Database } from '../../src/adapters/postgres/pool.js';
import type { ProductSeed } from '../../src/domain/product.js';
import { serveSandbox } from '../../src/sandbox/serve.js';
import { startProcess, type HoldfastProcess } from './holdfast-process.js';
import { addTestKey } from './test-key.js';

export interface Stack {
  database: Database;
  databaseUrl: string;
  temporalAddress: string;
  client: Client;
  namespace: string;
  sandboxUrl: string;
  /** Starts `holdfast serve` as a process of its own and waits until it is ready. */
  serve(roles: string, environment?: Record<string, string>): Promise<HoldfastProcess>;
  ledger(orderId: string): Promise<LedgerEntry[]>;
  /** Gives the sandbox the outcome of a `pm_processing` charge. */
  settleAtGateway(chargeKey: string, outcome: string): Promise<void>;
  /** The same for a refund of a `pm_refund_processing` charge. */
  settleRefundAtGateway(refundKey: string, outcome: string): Promise<void>;
  seed(...products: ProductSeed[]): Promise<void>;
  close(): Promise<void>;
}

export interface LedgerEntry {
  type: 'charge' | 'refund';
  key: string;
  order_id: string;
  state: string;
  amount_minor: number;
}

export const PRODUCTS: ProductSeed[] = [
  { sku: 'product-A', name: 'Notebook', currency: 'EUR', unitPriceMinor: 1_999, onHand: 1_000 },
  { sku: 'product-B', name: 'Fountain pen', currency: 'EUR', unitPriceMinor: 4_900, onHand: 1_000 },
  { sku: 'product-C', name: 'Ink', currency: 'EUR', unitPriceMinor: 990, onHand: 0 },
  { sku: 'product-D', name: 'Dollar thing', currency: 'USD', unitPriceMinor: 100, onHand: 1_000 },
];

export interface StackOptions {
  /** Of a server of the test's own. */
  temporalAddress?: string;
  /** Where the sandbox sends its signed events; default: nowhere. */
  events?: { url: string; secrets: readonly string[] };
}

/** A database, a Temporal namespace and a payment sandbox that belong to one test file. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { events } = options;
  const name = `it_${randomUUID().replaceAll('-', '')}`;
  const admin = new Pool({ connectionString: required('HOLDFAST_IT_POSTGRES_URL'), max: 1 });
  // On a server without the template, such as an older one, the migrations run.
  const { rows: templates } = await admin.query(`select from pg_database where datname = 'it_template'`);
  await admin.query(`create database ${name}${templates.length > 0 ? ' template it_template' : ''}`);
  const databaseUrl = Object.assign(new URL(required('HOLDFAST_IT_POSTGRES_URL')), { pathname: `/${name}` }).href;
  const database = openDatabase({
    url: databaseUrl,
    size: 10,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 30_000,
    onError: () => {},
  });
  await migrate(database);
  await createCatalog(database).seed(PRODUCTS);
  await addTestKey(database);

  const temporalAddress = options.temporalAddress ?? required('HOLDFAST_IT_TEMPORAL_ADDRESS');
  const connection = await Connection.connect({ address: temporalAddress });
  await connection.workflowService.registerNamespace({
    namespace: name,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  const told = events === undefined ? {} : { events };
  const sandbox = await serveSandbox({ port: 0, latencyMs: { min: 0, max: 5 }, ...told });
  const processes: Promise<HoldfastProcess>[] = [];

  async function settle(path: string, outcome: string): Promise<void> {
    const response = await fetch(`${sandbox.url}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ outcome }),
    });
    if (!response.ok) throw new Error(`the sandbox answered ${response.status}: ${await response.text()}`);
  }

  return {
    database,
    databaseUrl,
    temporalAddress,
    namespace: name,
    client: new Client({ connection, namespace: name }),
    sandboxUrl: sandbox.url,
    async serve(roles, environment = {}) {
      const process = startProcess(['serve', '--roles', roles], {
        DATABASE_URL: databaseUrl,
        TEMPORAL_ADDRESS: temporalAddress,
        TEMPORAL_NAMESPACE: name,
        SANDBOX_URL: sandbox.url,
        // A busy machine must not make a test's burst of checkouts one too many.
        MAX_CHECKOUTS: '1000',
        ACCEPT_TARGET_MS: '60000',
        ...environment,
      });
      processes.push(process);
      return process;
    },
    async ledger(orderId) {
      const response = await fetch(`${sandbox.url}/v1/ledger?order_id=${orderId}`);
      const { data } = (await response.json()) as { data: LedgerEntry[] };
      return data;
    },
    settleAtGateway: (chargeKey, outcome) => settle(`/v1/charges/${encodeURIComponent(chargeKey)}/settle`, outcome),
    settleRefundAtGateway: (refundKey, outcome) =>
      settle(`/v1/refunds/${encodeURIComponent(refundKey)}/settle`, outcome),
    seed: (...products) => createCatalog(database).seed(products),
    async close() {
      // A hook that took too long may leave one that is still starting.
      const started = await Promise.allSettled(processes);
      await Promise.all(started.map(async (one) => (one.status === 'fulfilled' ? one.value.stop() : undefined)));
      await sandbox.close();
      await connection.close();
      await database.close();
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run this through jest`);
  return value;
}
