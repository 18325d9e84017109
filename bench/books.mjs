import { readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { PRODUCTS, totalOf } from './goods.mjs';

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
export async function checkBooks({ name, databaseUrl, accepted }, ledger) {
  const { orders, stock } = await readDatabase(databaseUrl);
  const faults = [];

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

async function readDatabase(databaseUrl) {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const orders = await client.query('select order_id, status from orders');
    const stock = await client.query('select sku, on_hand, reserved from stock');
    return {
      orders: new Map(orders.rows.map((row) => [row.order_id, row.status])),
      stock: new Map(
        stock.rows.map((row) => [row.sku, { onHand: Number(row.on_hand), reserved: Number(row.reserved) }]),
      ),
    };
  } finally {
    await client.end();
  }
}
