import { Hono } from 'hono';
import { z } from 'zod';

const checkoutSchema = z.object({
  order_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  customer_id: z.string().min(1).max(100),
  currency: z.string().length(3),
  items: z.array(z.object({ sku: z.string().min(1), quantity: z.int().min(1) })).min(1),
  payment: z.object({ method: z.string().min(1) }),
});

/** The route that takes checkouts, the same for the textbook and the peers: `start` hands the priced order on. */
export function createCheckoutApi(pool, start) {
  const app = new Hono();
  app.get('/readyz', (c) => c.json({ status: 'ready' }));
  app.post('/v1/orders', async (c) => {
    const checked = checkoutSchema.safeParse(await c.req.json());
    if (!checked.success) return c.json({ error: z.prettifyError(checked.error) }, 422);
    const { order_id: orderId, customer_id: customerId, currency, items, payment } = checked.data;

    const { rows } = await pool.query('select sku, unit_price_minor from products where sku = any($1)', [
      items.map((item) => item.sku),
    ]);
    const prices = new Map(rows.map((row) => [row.sku, Number(row.unit_price_minor)]));
    const lines = items.map((item) => ({ ...item, unitPriceMinor: prices.get(item.sku) }));
    if (lines.some((line) => line.unitPriceMinor === undefined)) return c.json({ error: 'unknown product' }, 422);
    lines.sort((a, b) => (a.sku < b.sku ? -1 : 1));
    const totalMinor = lines.reduce((sum, line) => sum + line.quantity * line.unitPriceMinor, 0);

    await start({ orderId, customerId, currency, lines, totalMinor, paymentMethod: payment.method });
    return c.json({ id: orderId, status: 'pending', total_minor: totalMinor }, 202);
  });
  return app;
}
