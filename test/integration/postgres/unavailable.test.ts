import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { openDatabase, prepared, type Database } from '../../../src/adapters/postgres/pool.js';
import type { Tx } from '../../../src/adapters/postgres/pool.js';
import { startStack, type Stack } from '../../support/stack.js';

let stack: Stack;
let database: Database;
beforeAll(async () => {
  stack = await startStack();
  database = open(stack.databaseUrl);
});
afterAll(async () => {
  await database?.close();
  await stack?.close();
});

function open(url: string, size = 2): Database {
  return openDatabase({ url, size, connectTimeoutMs: 2_000, statementTimeoutMs: 5_000, onError: () => {} });
}

const away = (code?: string) => ({
  name: 'Unavailable',
  dependency: 'database',
  ...(code === undefined ? {} : { cause: expect.objectContaining({ code }) }),
});
const inTransaction = (work: (tx: Tx) => Promise<unknown>) => database.kysely.transaction().execute(work);
const adjust = (sku: string) => sql`update stock set on_hand = on_hand + 1 where sku = ${sku}`;

/** Locks a row or a table in a transaction of its own for as long as `work` runs. */
async function whileLocked(lock: string, work: () => Promise<unknown>): Promise<void> {
  const client = await stack.database.pool.connect();
  try {
    await client.query('begin');
    await client.query(lock);
    await work();
  } finally {
    await client.query('rollback');
    client.release();
  }
}

describe('a temporary database error is `Unavailable`', () => {
  test('for a lock that others hold longer than lock_timeout', async () => {
    await whileLocked('lock table stock', async () => {
      const locked = inTransaction(async (tx) => {
        await sql`set local lock_timeout = '50ms'`.execute(tx);
        await adjust('product-A').execute(tx);
      });
      await expect(locked).rejects.toMatchObject(away('55P03'));
    });
  });

  test('for a statement that takes too long', async () => {
    const slow = inTransaction(async (tx) => {
      await sql`set local statement_timeout = '50ms'`.execute(tx);
      await sql`select pg_sleep(2)`.execute(tx);
    });
    await expect(slow).rejects.toMatchObject(away('57014'));
  });

  test('for a transaction that cannot be serialized', async () => {
    const conflict = inTransaction(async (tx) => {
      await sql`set transaction isolation level repeatable read`.execute(tx);
      await sql`select 1 from stock`.execute(tx);
      await adjust('product-A').execute(stack.database.kysely);
      await adjust('product-A').execute(tx);
    });
    await expect(conflict).rejects.toMatchObject(away('40001'));
  });

  test('for the victim of a deadlock', async () => {
    const both = await Promise.allSettled(
      [
        ['product-A', 'product-B'],
        ['product-B', 'product-A'],
      ].map(([first = '', second = '']) =>
        inTransaction(async (tx) => {
          await sql`set local deadlock_timeout = '100ms'`.execute(tx);
          await adjust(first).execute(tx);
          await sql`select pg_sleep(0.3)`.execute(tx);
          await adjust(second).execute(tx);
        }),
      ),
    );
    const errors = both.flatMap((one): unknown[] => (one.status === 'rejected' ? [one.reason] : []));
    expect(errors).toEqual([expect.objectContaining(away('40P01'))]);
  });

  test('for a server that takes no writes after a fail-over', async () => {
    const readOnly = inTransaction(async (tx) => {
      await sql`set transaction read only`.execute(tx);
      await adjust('product-A').execute(tx);
    });
    await expect(readOnly).rejects.toMatchObject(away('25006'));
  });

  test('for a transaction that the server ended because it was idle', async () => {
    const idle = inTransaction(async (tx) => {
      await sql`set local idle_in_transaction_session_timeout = '50ms'`.execute(tx);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await sql`select 1`.execute(tx);
    });
    await expect(idle).rejects.toMatchObject(away());
  });

  test('for a prepared statement that its connection has lost, which the next try prepares again', async () => {
    const one = open(stack.databaseUrl, 1);
    const ask = prepared<{ n: number }>('unavailable-test', 'select $1::int + 1 as n');
    try {
      await ask(one, [1]);
      await one.pool.query('deallocate all');
      await expect(ask(one, [1])).rejects.toMatchObject(away('26000'));
      expect(await ask(one, [1])).toEqual([{ n: 2 }]);
    } finally {
      await one.close();
    }
  });

  test('for a prepared statement whose table has changed, which the next try prepares again', async () => {
    const one = open(stack.databaseUrl, 1);
    const ask = prepared('changed-table-test', 'select * from changing');
    try {
      await one.pool.query('create table changing (a int)');
      await ask(one, []);
      await one.pool.query('alter table changing add column b int');
      await expect(ask(one, [])).rejects.toMatchObject(away('0A000'));
      expect(await ask(one, [])).toEqual([]);
    } finally {
      await one.close();
    }
  });

  test.each([
    ['that refuses connections', { port: '1' }],
    ['that does not have our database', { pathname: '/no_such_database' }],
  ])('for a server %s', async (_what, difference) => {
    const elsewhere = open(Object.assign(new URL(stack.databaseUrl), difference).href);
    try {
      await expect(prepared('any', 'select 1')(elsewhere, [])).rejects.toMatchObject(away());
      await expect(sql`select 1`.execute(elsewhere.kysely)).rejects.toMatchObject(away());
      const transaction = elsewhere.kysely.transaction().execute((tx) => sql`select 1`.execute(tx));
      await expect(transaction).rejects.toMatchObject(away());
    } finally {
      await elsewhere.close();
    }
  });
});

test.each([
  ['a broken constraint', `update stock set reserved = on_hand + 1 where sku = 'product-A'`, '23514'],
  ['an unknown table', 'select * from nothing_of_the_kind', '42P01'],
])('%s is an error of ours, never `Unavailable`', async (_what, text, code) => {
  await expect(prepared('bug', text)(database, [])).rejects.toMatchObject({ code });
  await expect(sql.raw(text).execute(database.kysely)).rejects.toMatchObject({ code });
});
