import { Client } from 'pg';

// The bench's own statements: it watches the orders, and reads these statistics.
const OWN = `(query like 'select order_id, status from orders where order_id = any(%' or query like '%pg_stat_%')`;

/** What PostgreSQL has counted so far, without the statements of the bench. */
export async function readPostgres(databaseUrl) {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query(`
      select (select sum(calls) from pg_stat_statements where not ${OWN})::int as "SQL statements",
             ((select xact_commit from pg_stat_database where datname = current_database())
              - (select sum(calls) from pg_stat_statements where ${OWN}))::int as "transactions",
             (select coalesce(sum(fsyncs), 0) from pg_stat_io where object = 'wal')::int as "WAL syncs",
             (select wal_records from pg_stat_wal)::int as "WAL records",
             (select wal_bytes from pg_stat_wal)::float8 as "WAL bytes"`);
    return rows[0];
  });
}

/** The statements that took the most time, as `pg_stat_statements` has them. */
export async function busiestStatements(databaseUrl, orders) {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query(
      `select round((calls / $1::numeric), 2)::float8 as "callsPerOrder",
              round((total_exec_time / $1)::numeric, 3)::float8 as "msPerOrder",
              round((total_plan_time / $1)::numeric, 3)::float8 as "planningMsPerOrder",
              round((wal_bytes / $1), 0)::float8 as "walBytesPerOrder",
              regexp_replace(query, '\\s+', ' ', 'g') as query
       from pg_stat_statements where not ${OWN} order by total_exec_time desc limit 25`,
      [orders],
    );
    return rows;
  });
}

export async function resetStatements(databaseUrl) {
  await withClient(databaseUrl, async (client) => {
    await client.query('create extension if not exists pg_stat_statements');
    await client.query('select pg_stat_statements_reset()');
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

/** The sum of a counter in the text format of Prometheus, by one of its labels. */
export async function readCounters(url, counter, label) {
  const text = await (await fetch(url, { signal: AbortSignal.timeout(10_000) })).text();
  const sums = new Map();
  const line = new RegExp(`^${counter}\\{([^}]*)\\} (\\S+)`, 'gm');
  for (const [, labels, value] of text.matchAll(line)) {
    const name = new RegExp(`(?:^|,)${label}="([^"]*)"`).exec(labels)?.[1] ?? '';
    sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  return Object.fromEntries(sums);
}
