import { readFile } from 'node:fs/promises';
import { createCatalog } from '../../dist/adapters/postgres/catalog/catalog.js';
import { migrate } from '../../dist/adapters/postgres/migrate.js';
import { createOrderCountStore } from '../../dist/adapters/postgres/orders/order-counts.js';
import { openDatabase } from '../../dist/adapters/postgres/pool.js';
import { ensureDatabase } from '../../dist/embedded/postgres-probe.js';
import { PRODUCTS } from '../goods.mjs';

const FILL = new URL('./fill.sql', import.meta.url);

/** Opens a database of its own on the server, with the newest schema and the products of the bench. */
export async function openScratch(postgres, name, size) {
  await ensureDatabase(postgres.port, name);
  const url = Object.assign(new URL(postgres.url), { pathname: `/${name}` }).href;
  const timeouts = { connectTimeoutMs: 5_000, statementTimeoutMs: 300_000 };
  const database = openDatabase({ url, size, ...timeouts, onError: () => {} });
  await migrate(database);
  await createCatalog(database).seed(PRODUCTS);
  return database;
}

/**
 * Fills it with as many orders, counts them, and leaves it as autovacuum would.
 * @param onlySettled whether orders that some process would have to go on with are left out
 */
export async function fill(database, orders, { onlySettled = false } = {}) {
  const client = await database.pool.connect();
  try {
    await client.query(
      `set holdfast.orders = ${orders}; set holdfast.only_settled = ${onlySettled}; set synchronous_commit = off`,
    );
    await client.query(`begin; ${await readFile(FILL, 'utf8')}; commit`);
  } finally {
    client.release(true);
  }
  const counts = createOrderCountStore(database);
  while (await counts.fold());
  await database.pool.query('vacuum (analyze)');
}
