import { ORDER_TRANSITIONS, PAID } from '../../../domain/order.js';
import { STATUS_AFTER } from '../../../domain/order-event.js';
import { listed } from '../sql-list.js';
import type { SqlCheck } from './sql-check.js';

const MOVES = `(values ${pairs(Object.entries(STATUS_AFTER))}) as moves (type, status)`;
const LEGAL = `(values ${pairs(Object.entries(ORDER_TRANSITIONS).flatMap(([from, tos]) => tos.map((to) => [from, to])))})`;

export const TRAIL_CHECKS: readonly SqlCheck[] = [
  {
    name: 'versions-are-counted-by-events',
    invariant: 'I10',
    isRecoverable: false,
    sql: `select o.order_id, '' as about,
                 format('version %s, but %s events numbered %s to %s', o.version, coalesce(e.number, 0), e.first, e.last)
                   as detail
          from orders o
          left join (
            select order_id, count(*) as number, min(seq) as first, max(seq) as last from order_events group by 1
          ) e using (order_id)
          where (e.number, e.first, e.last) is distinct from (o.version::bigint, 1, o.version)`,
  },
  {
    name: 'transitions-are-legal',
    invariant: 'I10',
    isRecoverable: false,
    sql: `select order_id, 'event ' || seq as about, format('event %s: %s to %s', seq, before, status) as detail
          from (
            select e.order_id, e.seq, moves.status,
                   lag(moves.status, 1, 'nothing') over (partition by e.order_id order by e.seq) as before
            from order_events e join ${MOVES} using (type)
          ) as walk
          where (before, status) not in ${LEGAL} and (before, status) <> ('nothing', 'pending')`,
  },
  {
    name: 'statuses-follow-events',
    invariant: 'I10',
    isRecoverable: false,
    sql: `select o.order_id, '' as about, format('the order is %s, its events end at %s', o.status, last.status) as detail
          from orders o join (
            select distinct on (e.order_id) e.order_id, moves.status
            from order_events e join ${MOVES} using (type) order by e.order_id, e.seq desc
          ) as last using (order_id)
          where o.status <> last.status`,
  },
  {
    name: 'confirmations-were-paid',
    invariant: 'I12',
    isRecoverable: false,
    sql: `select o.order_id, '' as about, 'the order was announced as confirmed and has no payment' as detail
          from orders o
          where o.status not in ${listed(PAID)}
            and exists (select from order_events e where e.order_id = o.order_id and e.type = 'order.confirmed')
            and not exists (select from payments p where p.order_id = o.order_id)`,
  },
  {
    name: 'gateway-events-have-one-effect',
    invariant: 'I9',
    isRecoverable: false,
    sql: `select coalesce(order_id, '') as order_id, gateway || '/' || event_id as about,
                 format('the message %s is %s', event_id,
                        case when effect is null then 'processed without an effect' else 'not processed, but has one' end)
                   as detail
          from gateway_events where (processed_at is null) <> (effect is null)`,
  },
];

function pairs(entries: readonly (readonly string[])[]): string {
  return entries.map(([key, value]) => `('${key}', '${value}')`).join(', ');
}
