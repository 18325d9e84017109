import type { GatewayStanding, OrderStats } from '../../domain/order-stats.js';
import { ORDER_STATUSES, type OrderStatus } from '../../domain/order.js';
import { prepared, type Database } from './pool.js';
import { orUnavailable } from './or-unavailable.js';

/** Depths of further queues, such as the deliveries, by the names under which they are shown. */
export type ExtraDepths = Readonly<Record<string, () => Promise<number>>>;

/** A depth is counted up to here, so that its cost is bounded. */
export const MOST_COUNTED = 10_000;

interface StatsRow {
  counts: Partial<Record<OrderStatus, number>>;
  settled: number;
  average_seconds: number | null;
  open_dead_letters: number;
  unprocessed_gateway_events: number;
  gateway: GatewayStanding | null;
  as_of: string;
}

const readStats = prepared<StatsRow>(
  'stats',
  `with totals as materialized (select * from order_totals)
   select (select coalesce(json_object_agg(status, orders), '{}') from totals) as counts,
          (select coalesce(sum(settled), 0)::bigint from totals) as settled,
          (select (sum(settling_us) / nullif(sum(settled), 0) / 1000000)::float8 from totals) as average_seconds,
          (select count(*) from (
             select from dead_letters where state = 'open' limit ${MOST_COUNTED}) as found) as open_dead_letters,
          (select count(*) from (
             select from gateway_events where processed_at is null limit ${MOST_COUNTED}) as found)
            as unprocessed_gateway_events,
          -- A worker that died left its row behind.
          (select json_build_object(
                    'breaker', case when bool_or(state = 'open') then 'open' else 'half_open' end,
                    'scope', case when bool_or(scope = 'gateway') then 'gateway' else 'method' end,
                    'since', to_char(min(since) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                    'until', to_char(min(until) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                    'workers', count(distinct process))
           from gateway_breakers where seen_at > now() - interval '1 minute' having count(*) > 0) as gateway,
          to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as as_of`,
);

const ALL_CLOSED: GatewayStanding = { breaker: 'closed', scope: null, since: null, until: null, workers: 0 };

/** Exact statistics, from counts that are maintained as orders change. */
export function createStatsReader(database: Database, extraDepths: ExtraDepths = {}) {
  return {
    async read(): Promise<OrderStats> {
      return orUnavailable(readAll());
    },
  };

  async function readAll(): Promise<OrderStats> {
    const extra = Promise.all(
      Object.entries(extraDepths).map(async ([name, depth]): Promise<[string, number]> => [name, await depth()]),
    );
    const [[row], others] = await Promise.all([readStats(database, []), extra]);
    if (row === undefined) throw new Error('the statistics have no row');
    const count = (status: OrderStatus) => row.counts[status] ?? 0;
    return {
      settledOrders: row.settled,
      averageSettlingSeconds: row.average_seconds,
      statusCounts: Object.fromEntries(ORDER_STATUSES.map((status) => [status, count(status)])),
      depths: {
        orders_in_review: count('in_review'),
        open_dead_letters: row.open_dead_letters,
        unprocessed_gateway_events: row.unprocessed_gateway_events,
        ...Object.fromEntries(others),
      },
      gateway: row.gateway ?? ALL_CLOSED,
      asOf: row.as_of,
    };
  }
}
