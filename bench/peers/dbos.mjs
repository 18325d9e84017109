// The textbook's steps as a DBOS workflow: the engine is a library, its tables are in the same PostgreSQL.
import { DBOS } from '@dbos-inc/dbos-sdk';
import { serve } from '@hono/node-server';
import { Pool } from 'pg';
import { createCheckoutApi } from '../textbook/checkout-api.mjs';
import { createSteps } from '../textbook/steps.mjs';

const { PORT, DATABASE_URL, ENGINE_DATABASE_URL, SANDBOX_URL } = process.env;
const RETRIED = { retriesAllowed: true, maxAttempts: 5 };
const pool = new Pool({ connectionString: DATABASE_URL, max: 20 });
const steps = createSteps(pool, SANDBOX_URL, (text) => new Error(text));
const step = (name, ...args) => DBOS.runStep(() => steps[name](...args), { name, ...RETRIED });

const processOrder = DBOS.registerWorkflow(
  async (order) => {
    await step('reserveInventory', order);
    let reference;
    try {
      reference = await step('chargePayment', order);
    } catch (error) {
      await step('releaseInventory', order.orderId);
      throw error;
    }
    await step('confirmOrder', order.orderId, reference);
  },
  { name: 'processOrder' },
);

DBOS.setConfig({ name: 'bench', systemDatabaseUrl: ENGINE_DATABASE_URL, systemDatabasePoolSize: 20, logLevel: 'warn' });
await DBOS.launch();
const app = createCheckoutApi(pool, (order) => DBOS.startWorkflow(processOrder, { workflowID: order.orderId })(order));
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(PORT) });
process.once('SIGTERM', () => process.exit(0));
