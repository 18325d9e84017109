import type { BreakerShown } from '../../domain/order-stats.js';
import { prepared, type Database } from './pool.js';

const show = prepared(
  'show-breaker',
  `insert into gateway_breakers (process, gateway, state, scope, until) values ($1, $2, $3, $4, $5)
   on conflict (process, gateway) do update
     set state = excluded.state, scope = excluded.scope, until = excluded.until, seen_at = now()`,
);

// This also deletes rows that dead workers left behind long ago.
const hide = prepared(
  'hide-breaker',
  `delete from gateway_breakers where process = $1 and gateway = $2 or seen_at < now() - interval '1 day'`,
);

/** Circuit breakers of workers that are not closed, for API processes to read. */
export function createBreakerBoard(database: Database, process: string) {
  return {
    /** Must be repeated within a minute: older rows are ignored. */
    async show(gateway: string, { state, scope, until }: BreakerShown): Promise<void> {
      await show(database, [process, gateway, state, scope, until]);
    },
    async hide(gateway: string): Promise<void> {
      await hide(database, [process, gateway]);
    },
  };
}
