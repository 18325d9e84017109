import { readFile } from 'node:fs/promises';
import { Client } from 'pg';

/** Makes the textbook's tables in an empty database, and fills its shop. */
export async function prepareTextbook(databaseUrl, products) {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(await readFile(new URL('./schema.sql', import.meta.url), 'utf8'));
    for (const { sku, name, currency, unitPriceMinor, onHand } of products) {
      await client.query('insert into products values ($1, $2, $3, $4)', [sku, name, currency, unitPriceMinor]);
      await client.query('insert into stock (sku, on_hand) values ($1, $2)', [sku, onHand]);
    }
  } finally {
    await client.end();
  }
}
