// The floor: no engine. The request calls the gateway and writes everything in one SQL statement; a crash in between loses the order.
import { serve } from '@hono/node-server';
import { Pool } from 'pg';
import { createCheckoutApi } from '../textbook/checkout-api.mjs';
import { createSteps } from '../textbook/steps.mjs';

const { PORT, DATABASE_URL, SANDBOX_URL } = process.env;
const pool = new Pool({ connectionString: DATABASE_URL, max: 20 });
const { chargePayment } = createSteps(pool, SANDBOX_URL, (text) => new Error(text));

const SELL = {
  name: 'sell',
  text: `
    with lines as (
      select * from unnest($5::text[], $6::int[], $7::bigint[]) as line (sku, quantity, unit_price_minor)
    ), sold as (
      update stock set on_hand = on_hand - quantity from lines where stock.sku = lines.sku returning stock.sku
    ), made as (
      insert into orders (order_id, customer_id, currency, total_minor, status) values ($1, $2, $3, $4, 'confirmed')
    ), listed as (
      insert into order_lines (order_id, sku, quantity, unit_price_minor) select $1, lines.* from lines
    )
    insert into payments (order_id, amount_minor, reference) values ($1, $4, $8)`,
};

const app = createCheckoutApi(pool, async (order) => {
  const { orderId, customerId, currency, totalMinor, lines } = order;
  const reference = await chargePayment(order);
  const columns = ['sku', 'quantity', 'unitPriceMinor'].map((key) => lines.map((line) => line[key]));
  await pool.query({ ...SELL, values: [orderId, customerId, currency, totalMinor, ...columns, reference] });
});
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(PORT) });
process.once('SIGTERM', () => process.exit(0));
