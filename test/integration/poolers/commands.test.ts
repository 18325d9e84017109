import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { migrate } from '../../../src/adapters/postgres/migrate.js';
import { openDatabase } from '../../../src/adapters/postgres/pool.js';
import { poolers, strictPoolers } from '../../support/poolers.js';
import { runCommand } from '../../support/run-command.js';
import { startStack, type Stack } from '../../support/stack.js';
import type { Pooler } from '../../support/strict-pooler.js';

// More than one batch of the import.
const PRODUCTS = 2_500;

let stack: Stack;
let folder: string;
beforeAll(async () => {
  stack = await startStack();
  folder = await mkdtemp(join(tmpdir(), 'holdfast-pooled-commands-'));
});
afterAll(async () => {
  await stack?.close();
  await rm(folder, { recursive: true, force: true });
});

describe.each(strictPoolers())('through %s', (name, start) => {
  let pooler: Pooler;
  beforeAll(async () => {
    pooler = await start(stack.databaseUrl);
  });
  afterAll(() => pooler?.close());

  const run = (...args: string[]) =>
    runCommand(args, {
      DATABASE_URL: pooler.url,
      TEMPORAL_ADDRESS: stack.temporalAddress,
      TEMPORAL_NAMESPACE: stack.namespace,
      SANDBOX_URL: stack.sandboxUrl,
    });

  test('keys are made, listed and revoked', async () => {
    const made = await run('keys', 'create', '--name', 'through a pooler', '--scopes', 'orders');
    const id = /hf_([0-9A-Za-z]{10})/.exec(made.output)?.[1] ?? 'none';
    expect((await run('keys', 'list')).output).toContain(id);
    expect(await run('keys', 'revoke', id)).toMatchObject({ code: 0 });
  });

  test('products are imported, and what is in the file twice is found', async () => {
    const prefix = `p-${name.replaceAll(' ', '-')}`;
    const lines = Array.from({ length: PRODUCTS }, (_, n) => `${prefix}-${n},Thing,EUR,100,true,1`);
    const path = join(folder, `${prefix}.csv`);
    const text = ['sku,name,currency,unit_price_minor,active,on_hand', ...lines, `${prefix}-0,Thing,EUR,100,true,1`];
    await writeFile(path, text.join('\n'));
    const { code, output } = await run('import', path);
    expect(code).toBe(1);
    expect(output).toContain(`line ${PRODUCTS + 2}: sku already appears on line 2`);
    expect(output).toContain(`${PRODUCTS + 1} products: ${PRODUCTS} created, 0 updated, 0 unchanged, 1 failed.`);
  });

  test('the database is audited', async () => {
    expect(await run('audit')).toMatchObject({ code: 0 });
  });
});

describe.each(poolers())('a new database, through %s', (_name, start) => {
  test('is migrated once when three processes start at once', async () => {
    const name = `${stack.namespace}_new`;
    await stack.database.pool.query(`create database ${name}`);
    const pooler = await start(Object.assign(new URL(stack.databaseUrl), { pathname: `/${name}` }).href);
    const databases = [1, 2, 3].map(() =>
      openDatabase({ url: pooler.url, size: 1, connectTimeoutMs: 5_000, statementTimeoutMs: 0, onError: () => {} }),
    );
    const applied = await Promise.all(databases.map(async (database) => migrate(database)));
    expect(applied.filter((files) => files.length > 0)).toHaveLength(1);
    await Promise.all(databases.map(async (database) => database.close()));
    await pooler.close();
    await stack.database.pool.query(`drop database ${name} with (force)`);
  });
});
