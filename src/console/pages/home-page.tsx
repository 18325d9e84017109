// The pages, a file each: from what was read to HTML. Never a read of their own.

import type { OrderRecord } from '../../domain/order-record.js';
import type { OrderStats } from '../../domain/order-stats.js';
import { ORDER_STATUSES } from '../../domain/order.js';
import { page } from '../layout.js';
import { Empty, Status, Table, Time } from '../parts.js';
import type { Session } from '../session.js';
import { OrderTable } from './order-table.js';

export interface HomeData {
  stats: OrderStats;
  newest: readonly OrderRecord[];
  failed: readonly OrderRecord[];
}

export function homePage(session: Session, { stats, newest, failed }: HomeData) {
  const count = (status: string) => stats.statusCounts[status] ?? 0;
  const { averageSettlingSeconds: seconds } = stats;
  return page({
    title: 'Home',
    session,
    path: '/console',
    live: '/console/live',
    children: (
      <>
        <section class="cards" aria-label="What needs a person">
          <Card href="/console/attention" n={stats.depths['open_dead_letters'] ?? 0} text="open dead letters" />
          <Card href="/console/orders?status=in_review" n={count('in_review')} text="reviews to decide" />
          <Card
            href="/console/orders?status=payment_unknown"
            n={count('payment_unknown')}
            text="payments of unknown outcome"
          />
          <GatewayCard gateway={stats.gateway} />
        </section>
        <div class="split wide">
          <section>
            <h2>Newest orders</h2>
            {newest.length === 0 ? (
              <Empty title="No orders yet">An order that a shop posts appears here at once.</Empty>
            ) : (
              <OrderTable orders={newest} label="Newest orders" />
            )}
            <h2>Failed last</h2>
            {failed.length === 0 ? (
              <Empty title="Nothing failed">Orders that do not go through appear here, with the reason.</Empty>
            ) : (
              <OrderTable orders={failed} label="Orders that failed last" />
            )}
          </section>
          <section>
            <h2>Orders by status</h2>
            <Table label="Orders by status" heads={['Status', 'Orders']}>
              {ORDER_STATUSES.map((status) => (
                <tr>
                  <td>
                    <a href={`/console/orders?status=${status}`}>
                      <Status status={status} />
                    </a>
                  </td>
                  <td class="number">{count(status).toLocaleString('en')}</td>
                </tr>
              ))}
            </Table>
            <div class="panel">
              <dl>
                <dt>Answered</dt>
                <dd>{stats.settledOrders.toLocaleString('en')} orders</dd>
                <dt>Mean time to answer</dt>
                <dd>{seconds === null ? 'none yet' : `${seconds.toFixed(3)} s`}</dd>
                <dt>Events to pass on</dt>
                <dd>{stats.depths['outbox_backlog'] ?? 0}</dd>
                <dt>As of</dt>
                <dd>
                  <Time at={stats.asOf} />
                </dd>
              </dl>
            </div>
          </section>
        </div>
      </>
    ),
  });
}

function Card({ href, n, text }: { href: string; n: number; text: string }) {
  return (
    <a class={n > 0 ? 'card person' : 'card'} href={href}>
      <b>{n.toLocaleString('en')}</b>
      {text}
    </a>
  );
}

function GatewayCard({ gateway: { breaker, until } }: { gateway: OrderStats['gateway'] }) {
  const words = { closed: 'Well', half_open: 'Probing', open: 'Not asked' }[breaker];
  return (
    <a class={`card ${breaker === 'closed' ? 'good' : 'bad'}`} href="/console/system">
      <b>{words}</b>
      payment gateway
      {until === null ? null : (
        <>
          , until <Time at={until} />
        </>
      )}
    </a>
  );
}
