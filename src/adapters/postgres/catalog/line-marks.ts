import type { Database } from '../pool.js';

export interface Mark {
  sku: string;
  line: number;
}

/** Records the line of each SKU; returns those that appeared on an earlier line, with that line. */
export type MarkLines = (marks: readonly Mark[]) => Promise<(Mark & { first: number })[]>;

// A temporary table: there may be more SKUs than this process has memory for.
const TABLE = `
  set local idle_in_transaction_session_timeout = 0;
  create temporary table line_marks (sku text collate "C" primary key, line integer not null) on commit drop`;
const MARK = `
  with mark as materialized (
    select * from unnest($1::text[], $2::int[]) as m(sku, line)
  ), placed as (
    insert into line_marks (sku, line) select sku, line from mark order by line
    on conflict (sku) do nothing returning sku, line
  )
  select m.sku, m.line, coalesce(p.line, k.line) as first
  from mark m left join placed p using (sku) left join line_marks k using (sku)
  where coalesce(p.line, k.line) <> m.line`;

/** Keeps one transaction open while `work` runs: behind a pooler, nothing else keeps a connection. */
export async function withLineMarks<T>(database: Database, work: (mark: MarkLines) => Promise<T>): Promise<T> {
  const client = await database.pool.connect();
  try {
    await database.run(client, { text: 'begin' });
    await client.query(TABLE);
    return await work(async (marks) => {
      const values = [marks.map(({ sku }) => sku), marks.map(({ line }) => line)];
      const { rows } = await database.run<Mark & { first: number }>(client, { text: MARK, values });
      return rows;
    });
  } finally {
    // Closing the connection ends the transaction and drops the table.
    client.release(true);
  }
}
