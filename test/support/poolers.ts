import { pgbouncerHere, startPgbouncer } from './pgbouncer.js';
import { startStrictPooler, type Pooler } from './strict-pooler.js';

type PoolerKind = [name: string, start: (databaseUrl: string) => Promise<Pooler>];

const STRICT: PoolerKind[] = [
  ['a strict pooler', (url) => startStrictPooler(url)],
  ['a strict pooler that follows prepared statements', (url) => startStrictPooler(url, { followsStatements: true })],
];

/** Those of the tests, which run everywhere, and the PgBouncer of this machine if it has one. */
export const poolers = (): PoolerKind[] => [...STRICT, ...pgbouncer('transaction'), ...pgbouncer('session')];

/** Those that keep least from one transaction to the next. */
export const strictPoolers = (): PoolerKind[] => [...STRICT.slice(0, 1), ...pgbouncer('transaction')];

function pgbouncer(mode: 'session' | 'transaction'): PoolerKind[] {
  const program = pgbouncerHere();
  if (program === undefined) return [];
  return [[`PgBouncer in ${mode} mode`, (url) => startPgbouncer(program, url, mode)]];
}
