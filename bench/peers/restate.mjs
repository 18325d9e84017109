// The textbook's steps as a Restate workflow: the engine is a server with a log of its own.
import { endpoint, TerminalError, workflow } from '@restatedev/restate-sdk';
import { serve } from '@hono/node-server';
import { Pool } from 'pg';
import { createCheckoutApi } from '../textbook/checkout-api.mjs';
import { createSteps } from '../textbook/steps.mjs';

// Restate's SDK takes it for granted; Node 20 does not have it.
Promise.withResolvers ??= function () {
  const parts = {};
  parts.promise = new this((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
};

const { PORT, DATABASE_URL, SANDBOX_URL, HANDLER_PORT, INGRESS_URL, ADMIN_URL } = process.env;
const pool = new Pool({ connectionString: DATABASE_URL, max: 20 });
const steps = createSteps(pool, SANDBOX_URL, (text) => new TerminalError(text));

const processOrder = workflow({
  name: 'processOrder',
  handlers: {
    async run(context, order) {
      const step = (name, ...args) => context.run(name, () => steps[name](...args));
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
  },
});

await endpoint().bind(processOrder).listen(Number(HANDLER_PORT));
await ask(`${ADMIN_URL}/deployments`, { uri: `http://127.0.0.1:${HANDLER_PORT}` });
const app = createCheckoutApi(pool, (order) => ask(`${INGRESS_URL}/processOrder/${order.orderId}/run/send`, order));
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(PORT) });
process.once('SIGTERM', () => process.exit(0));

async function ask(url, body) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
}
