import { sql, type RawBuilder } from 'kysely';

/** A timestamp as JSON has it, RFC 3339 in UTC with milliseconds. */
export function utc(column: string): RawBuilder<string> {
  return sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** The same with microseconds, all that PostgreSQL has: two rows that differ by less are in the right order too. */
export function utcExact(column: string): RawBuilder<string> {
  return sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}
