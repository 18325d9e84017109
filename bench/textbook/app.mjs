// The textbook's API and worker in one process: what the tutorials show, with default options.
import { fileURLToPath } from 'node:url';
import { serve } from '@hono/node-server';
import { Client, Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { Pool } from 'pg';
import { createCheckoutApi } from './checkout-api.mjs';
import { createSteps } from './steps.mjs';

const { PORT, DATABASE_URL, TEMPORAL_ADDRESS, SANDBOX_URL } = process.env;
const TASK_QUEUE = 'orders';

const pool = new Pool({ connectionString: DATABASE_URL, max: 20 });
const client = new Client({ connection: await Connection.connect({ address: TEMPORAL_ADDRESS }) });
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address: TEMPORAL_ADDRESS }),
  taskQueue: TASK_QUEUE,
  workflowsPath: fileURLToPath(new URL('./workflows.mjs', import.meta.url)),
  activities: createSteps(pool, SANDBOX_URL, ApplicationFailure.nonRetryable),
});

const app = createCheckoutApi(pool, (order) =>
  client.workflow.start('processOrder', {
    workflowId: `order-${order.orderId}`,
    taskQueue: TASK_QUEUE,
    args: [order],
  }),
);

const running = worker.run();
const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(PORT) });
await running;
server.close();
await pool.end();
process.exit(0);
