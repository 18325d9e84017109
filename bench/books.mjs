import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { PRODUCTS, totalOf } from './goods.mjs';

const EVENTS_MS = 90_000;

/** The gateway's ledger, from its file: the entries of each order. */
export async function readLedger(file) {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const byOrder = new Map();
  for (const entry of lines.map((line) => JSON.parse(line))) {
    byOrder.set(entry.order_id, [...(byOrder.get(entry.order_id) ?? []), entry]);
  }
  return byOrder;
}

/**
 * Compares what was accepted with the orders, the stock and the gateway's ledger.
 * @returns every fault found, in words
 */
export async function checkBooks({ name, databaseUrl, accepted, hasWebhooks }, ledger) {
  const { orders, stock } = await readDatabase(databaseUrl);
  const faults = hasWebhooks ? await checkEvents(databaseUrl, accepted.length) : [];

  for (const checkout of accepted) {
    const id = checkout.order_id;
    const status = orders.get(id) ?? 'missing';
    if (status !== 'confirmed') faults.push(`order ${id} is ${status}`);
    const entries = ledger.get(id) ?? [];
    const [charge] = entries;
    if (entries.length !== 1 || charge.state !== 'captured' || charge.amount_minor !== totalOf(checkout)) {
      faults.push(`order ${id} was not charged exactly once: ${JSON.stringify(entries)}`);
    }
  }
  if (orders.size !== accepted.length) faults.push(`${orders.size} orders, but ${accepted.length} were accepted`);

  const sold = new Map();
  for (const { sku, quantity } of accepted.flatMap((checkout) => checkout.items)) {
    sold.set(sku, (sold.get(sku) ?? 0) + quantity);
  }
  for (const { sku, onHand } of PRODUCTS) {
    const row = stock.get(sku);
    const expected = onHand - (sold.get(sku) ?? 0);
    if (row?.onHand !== expected) faults.push(`${sku}: ${row?.onHand} on hand, not ${expected}`);
    if (row?.reserved !== 0) faults.push(`${sku}: ${row?.reserved} still reserved`);
  }
  return faults.map((fault) => `${name}: ${fault}`);
}

/** What the orders caused beside themselves: every webhook delivered, every event of the gateway processed, or soon. */
async function checkEvents(databaseUrl, orders) {
  return withClient(databaseUrl, async (client) => {
    const giveUpAt = Date.now() + EVENTS_MS;
    for (;;) {
      const { rows } = await client.query(
        `select (select count(*)::int from outbox) as "events not passed on",
                (select count(*)::int from webhook_deliveries where state <> 'delivered') as "webhooks not delivered",
                (select $1 - count(*)::int from gateway_events) as "gateway events that never came",
                (select count(*)::int from gateway_events where processed_at is null) as "gateway events not processed"`,
        [orders],
      );
      const faults = Object.entries(rows[0]).filter(([, count]) => count > 0);
      if (faults.length === 0) break;
      if (Date.now() > giveUpAt) return faults.map(([what, count]) => `${count} ${what}`);
      await sleep(200);
    }
    const { rows } = await client.query(`select count(*)::int as delivered from webhook_deliveries`);
    return rows[0].delivered < orders ? [`only ${rows[0].delivered} webhooks for ${orders} orders`] : [];
  });
}

async function readDatabase(databaseUrl) {
  return withClient(databaseUrl, async (client) => {
    // Not those that were there before, and those that stay open.
    const orders = await client.query(`select order_id, status from orders where order_id !~ '^(order|open)-'`);
    const stock = await client.query('select sku, on_hand, reserved from stock');
    return {
      orders: new Map(orders.rows.map((row) => [row.order_id, row.status])),
      stock: new Map(
        stock.rows.map((row) => [row.sku, { onHand: Number(row.on_hand), reserved: Number(row.reserved) }]),
      ),
    };
  });
}

async function withClient(databaseUrl, work) {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
