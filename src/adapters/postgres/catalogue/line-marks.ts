import type { Database } from '../pool.js';

export interface Mark {
  sku: string;
  line: number;
}

/** Notes on which line each SKU stands; the answer has those that stood on an earlier line, with that line. */
export type MarkLines = (marks: readonly Mark[]) => Promise<(Mark & { first: number })[]>;

// A table of one connection: it may hold more SKUs than this process has memory for.
const TABLE = 'create temporary table line_marks (sku text collate "C" primary key, line integer not null)';
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

/** Holds one connection for as long as `work` runs. */
export async function withLineMarks<T>(database: Database, work: (mark: MarkLines) => Promise<T>): Promise<T> {
  const client = await database.pool.connect();
  try {
    await client.query(TABLE);
    return await work(async (marks) => {
      const values = [marks.map(({ sku }) => sku), marks.map(({ line }) => line)];
      const { rows } = await client.query<Mark & { first: number }>(MARK, values);
      return rows;
    });
  } finally {
    // The table goes with its connection.
    client.release(true);
  }
}
