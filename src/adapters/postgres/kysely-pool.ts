import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type { Pool, PoolClient, QueryResultRow } from 'pg';
import { orUnavailable, orUnreachable } from './or-unavailable.js';
import type { Run } from './statements.js';

/** A pool for Kysely, whose errors are `Unavailable` if another try may help. */
export function kyselyPool(pool: Pool, run: Run): PostgresPool {
  return {
    connect: async () => kyselyClient(await orUnreachable(pool.connect()), run),
    end: () => pool.end(),
  };
}

function kyselyClient(client: PoolClient, run: Run): PostgresPoolClient {
  function query<R>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  function query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  function query<R>(asked: string | PostgresCursor<R>, values: readonly unknown[] = []): Answer<R> | PostgresCursor<R> {
    if (typeof asked !== 'string') throw new TypeError('cursors are not supported');
    return orUnavailable(run<R & QueryResultRow>(client, { text: asked, values: [...values] }) as Answer<R>);
  }
  return { query, release: () => client.release() };
}

type Answer<R> = Promise<PostgresQueryResult<R>>;
