import { sql, type RawBuilder } from 'kysely';

/** A timestamp for JSON, RFC 3339 in UTC with milliseconds. */
export function utc(column: string): RawBuilder<string> {
  return sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** The same with microseconds, PostgreSQL's full precision, so that rows are ordered exactly. */
export function utcExact(column: string): RawBuilder<string> {
  return sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}
