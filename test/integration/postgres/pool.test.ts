import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { openDatabase, type Database } from '../../../src/adapters/postgres/pool.js';
import { startStack, type Stack } from '../../support/stack.js';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.js';

const SIZE = 2;
const SILENCE_MS = 1_000;

let stack: Stack;
let line: TcpProxy;
let database: Database;
beforeAll(async () => {
  stack = await startStack();
  const url = new URL(stack.databaseUrl);
  line = await startTcpProxy(url.host);
  database = openDatabase({
    url: Object.assign(url, { host: line.address }).href,
    size: SIZE,
    connectTimeoutMs: 500,
    statementTimeoutMs: 500,
    silenceMs: SILENCE_MS,
    onError: () => {},
  });
});
afterAll(async () => {
  await database?.close();
  await line?.close();
  await stack?.close();
});

const viaPool = () => database.pool.query('select 1');
const viaKysely = () => sql`select 1`.execute(database.kysely);
const viaTransaction = () => database.kysely.transaction().execute(async (tx) => sql`select 1`.execute(tx));

test.each<[string, () => Promise<unknown>]>([
  ['a statement', viaPool],
  ['a query', viaKysely],
  ['a transaction', viaTransaction],
])('connections that are lost without a word are given up in time and replaced, by %s', async (_what, ask) => {
  await Promise.all(Array.from({ length: SIZE }, ask));
  line.forget();
  const began = Date.now();
  const lost = await Promise.allSettled(Array.from({ length: SIZE }, ask));
  expect(lost.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(Date.now() - began).toBeLessThan(SILENCE_MS + 3_000);
  await Promise.all(Array.from({ length: SIZE * 3 }, ask));
});
