import { sql } from 'kysely';
import type { EndpointRecovery } from '../../../domain/endpoint-recovery.js';
import type { RecoveryBegun, EndpointRecoveryStore } from '../../../api/webhooks/recovery-routes.js';
import type { Database } from '../pool.js';
import { orUnavailable } from '../or-unavailable.js';
import { utc } from '../utc.js';
import { announceDeliveries } from './relay-news.js';

/** The recoveries of endpoints for the API: the last one of each endpoint. */
export function createEndpointRecoveryStore({ kysely }: Database): EndpointRecoveryStore {
  const recoveryOf = (from: Pick<Database['kysely'], 'selectFrom'>, endpointId: string) =>
    from
      .selectFrom('webhook_recoveries')
      .select([utc('since').as('since'), utc('until').as('until'), 'missed_only as missedOnly', 'resent'])
      .select([utc('started_at').as('startedAt'), utc('finished_at').as('finishedAt')])
      .where('endpoint_id', '=', endpointId)
      .executeTakeFirst();

  return {
    last: (endpointId: string): Promise<EndpointRecovery | undefined> => orUnavailable(recoveryOf(kysely, endpointId)),

    /** Starts a recovery, unless the endpoint is being recovered. Without `until`: everything before now. */
    async begin(
      endpointId: string,
      { since, until, missedOnly }: { since: string; until?: string; missedOnly: boolean },
    ): Promise<RecoveryBegun> {
      return orUnavailable(
        kysely.transaction().execute(async (tx): Promise<RecoveryBegun> => {
          const endpoint = await tx
            .selectFrom('webhook_endpoints')
            .select('state')
            .where('id', '=', endpointId)
            .where('state', '<>', 'deleted')
            .forUpdate()
            .executeTakeFirst();
          if (endpoint === undefined) return { kind: 'not_found' };
          if (endpoint.state === 'disabled') return { kind: 'disabled' };
          const last = await recoveryOf(tx, endpointId);
          if (last?.finishedAt === null) return { kind: 'running', recovery: last };
          await tx.deleteFrom('webhook_recoveries').where('endpoint_id', '=', endpointId).execute();
          await sql`
            insert into webhook_recoveries (endpoint_id, since, until, missed_only, reached_at)
            values (${endpointId}, ${since}::timestamptz, coalesce(${until ?? null}::timestamptz, now()), ${missedOnly},
                    ${since}::timestamptz)`.execute(tx);
          await announceDeliveries(tx);
          const recovery = await recoveryOf(tx, endpointId);
          if (recovery === undefined) throw new Error(`endpoint ${endpointId} has no recovery`);
          return { kind: 'begun', recovery };
        }),
      );
    },
  };
}
