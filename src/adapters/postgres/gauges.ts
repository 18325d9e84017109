import { sql } from 'kysely';
import type { Database } from './pool.js';

/** Gauges for alerts. Each one reads only open rows, through an index. */
export function createBookGauges({ kysely, pool }: Database) {
  return {
    /** Unsettled dead letters, by kind. */
    async openDeadLetters(): Promise<{ kind: string; count: number }[]> {
      return kysely
        .selectFrom('dead_letters')
        .select(['kind', sql<number>`count(*)`.as('count')])
        .where('state', 'in', ['open', 'redriving'])
        .groupBy('kind')
        .execute();
    },
    /** Stored gateway events that are not processed yet. */
    async waitingGatewayEvents(): Promise<number> {
      const { count } = await kysely
        .selectFrom('gateway_events')
        .select(sql<number>`count(*)`.as('count'))
        .where('processed_at', 'is', null)
        .executeTakeFirstOrThrow();
      return count;
    },
    /** The connections of this process's pool. */
    connections(): { state: 'busy' | 'idle' | 'waited_for'; count: number }[] {
      return [
        { state: 'busy', count: pool.totalCount - pool.idleCount },
        { state: 'idle', count: pool.idleCount },
        { state: 'waited_for', count: pool.waitingCount },
      ];
    },
  };
}
