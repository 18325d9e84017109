import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { openDatabase, prepared, runOnce, type Database } from '../../../src/adapters/postgres/pool.js';
import { Unavailable } from '../../../src/domain/unavailable.js';
import { poolers } from '../../support/poolers.js';
import { startStack, type Stack } from '../../support/stack.js';
import { startStrictPooler, type Pooler } from '../../support/strict-pooler.js';

const LIMIT_MS = 300;
const SLEEP = 'select pg_sleep(5)';

let stack: Stack;
const opened: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  stack = await startStack();
});
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close();
});
afterAll(() => stack?.close());

function open(url: string, { size = 3, statementTimeoutMs = LIMIT_MS } = {}): Database {
  const database = openDatabase({ url, size, connectTimeoutMs: 5_000, statementTimeoutMs, onError: () => {} });
  opened.push(database);
  return database;
}

async function pooled(start: (url: string) => Promise<Pooler>): Promise<Database> {
  const pooler = await start(stack.databaseUrl);
  opened.push(pooler);
  return open(pooler.url);
}

const timedOut = expect.objectContaining({ cause: expect.objectContaining({ code: '57014' }) });

const ways: [string, (database: Database) => Promise<unknown>][] = [
  ['a statement', (database) => runOnce(database, { text: SLEEP })],
  ['a named statement', (database) => prepared('sleep', 'select pg_sleep($1::float8)')(database, [5])],
  ['a query', (database) => sql`select pg_sleep(${5})`.execute(database.kysely)],
  [
    'a transaction',
    (database) => database.kysely.transaction().execute(async (tx) => sql`select pg_sleep(${5})`.execute(tx)),
  ],
];

describe.each([['no pooler', undefined], ...poolers()] as const)('through %s', (_name, start) => {
  const database = async () => (start === undefined ? open(stack.databaseUrl) : pooled(start));

  test.each(ways)('%s that takes too long is ended by the server', async (_what, ask) => {
    const error = await ask(await database()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Unavailable);
    expect(error).toEqual(timedOut);
  });

  test('answers have their rows, counts and numbers', async () => {
    const { kysely, ...rest } = await database();
    const answer = await runOnce({ kysely, ...rest }, { text: 'select 1::bigint as n union all select 2', values: [] });
    expect([answer.rows, answer.rowCount, answer.command]).toEqual([[{ n: 1 }, { n: 2 }], 2, 'SELECT']);
    const { rows } = await sql<{ n: number; text: string }>`select ${7}::bigint as n, ${'x'}::text as text`.execute(
      kysely,
    );
    expect(rows).toEqual([{ n: 7, text: 'x' }]);
    const noRows = await sql`update orders set version = 1 where order_id = ${'none'}`.execute(kysely);
    expect(noRows.numAffectedRows).toBe(0n);
    await expect(sql`select ${1}::integer / 0`.execute(kysely)).rejects.toMatchObject({ code: '22012' });
    await expect(sql`select ${'x'}::text`.execute(kysely)).resolves.toMatchObject({ rows: [{ text: 'x' }] });
  });

  test('a statement with a name is right on every connection', async () => {
    const ask = prepared<{ n: number }>('twice', 'select 2 * $1::integer as n');
    const asked = await database();
    const answers = await Promise.all(Array.from({ length: 30 }, async (_, n) => ask(asked, [n])));
    expect(answers.map(([row]) => row?.n)).toEqual(answers.map((_, n) => 2 * n));
  });
});

describe('behind a pooler', () => {
  test('no setting is left behind on the server for others', async () => {
    const pooler = await startStrictPooler(stack.databaseUrl);
    opened.push(pooler);
    const limited = open(pooler.url, { size: 1 });
    const other = open(pooler.url, { size: 1, statementTimeoutMs: 0 });
    for (let n = 0; n < 5; n += 1) {
      await runOnce(limited, { text: 'select 1' });
      await limited.kysely.transaction().execute(async (tx) => sql`select 1`.execute(tx));
      const { rows } = await runOnce(other, { text: 'show statement_timeout' });
      expect(rows).toEqual([{ statement_timeout: '0' }]);
    }
  });

  test('no statement is left behind by finding out what the pooler keeps', async () => {
    const pooler = await startStrictPooler(stack.databaseUrl, { servers: 1 });
    opened.push(pooler);
    const { rows } = await runOnce(open(pooler.url), { text: 'select name from pg_prepared_statements' });
    expect(rows).toEqual([]);
  });
});

describe('statements are named', () => {
  const ask = prepared<{ names: string[] }>(
    'own-names',
    'select array_agg(name) as names from pg_prepared_statements where $1::boolean',
  );
  const namesAt = async (database: Database) => (await ask(database, [true]))[0]?.names;

  test('on a direct connection', async () => {
    expect(await namesAt(open(stack.databaseUrl))).toEqual(['own-names']);
  });

  test('through a pooler that follows them', async () => {
    const database = await pooled((url) => startStrictPooler(url, { followsStatements: true, servers: 1 }));
    expect(await namesAt(database)).toContainEqual(expect.stringContaining('POOLER_'));
  });

  test('through no other pooler', async () => {
    expect(await namesAt(await pooled((url) => startStrictPooler(url, { servers: 1 })))).toBeNull();
  });
});
