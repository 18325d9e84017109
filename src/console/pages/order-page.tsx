import type { OrderEvent } from '../../api/orders/order-events.js';
import type { DeadLetter } from '../../domain/dead-letter.js';
import { waitingFor, type OrderRecord } from '../../domain/order-record.js';
import { isSettled } from '../../domain/order.js';
import type { WorkflowPage } from '../../temporal/workflow-pages.js';
import { page, type LayoutProps } from '../layout.js';
import { Empty, Money, Status, Table, Time } from '../parts.js';
import type { Session } from '../session.js';
import { eventWords, waitingWords } from '../words.js';
import { LetterPanel } from './letter-panel.js';
import { OrderActions } from './order-dialogs.js';
import { OrderMoney } from './order-money.js';

export interface OrderData {
  record: OrderRecord;
  events: readonly OrderEvent[];
  letters: readonly DeadLetter[];
  workflows: readonly WorkflowPage[];
  notice: LayoutProps['notice'];
}

export function orderPage(session: Session, { record, events, letters, workflows, notice }: OrderData) {
  const { order, status, failure } = record;
  const waiting = waitingFor(record);
  const path = `/console/orders/${order.orderId}`;
  return page({
    title: `Order ${order.orderId}`,
    session,
    notice,
    ...(isSettled(status) && letters.length === 0 ? {} : { live: `${path}/live?after=${record.version}` }),
    children: (
      <>
        <div class="panel">
          <p>
            <Status status={status} /> <Money minor={order.totalMinor} currency={order.currency} /> for{' '}
            <a href={`/console/orders?customer_id=${encodeURIComponent(order.customerId)}`}>{order.customerId}</a>
          </p>
          {waiting === null ? null : (
            <p class="notice person">
              {waitingWords(waiting)}
              {waiting.until === null ? null : (
                <>
                  , until <Time at={waiting.until} />
                </>
              )}
              .
            </p>
          )}
          {failure === null ? null : (
            <p class="notice bad">
              Failed at {failure.step}: {failure.detail} ({failure.reason})
            </p>
          )}
          {record.cancelRequested ? <p class="notice person">Cancel accepted: {record.cancelReason}</p> : null}
          <OrderActions session={session} record={record} path={path} />
        </div>
        {letters.map((letter) => (
          <LetterPanel session={session} letter={letter} back={path} />
        ))}
        <div class="split">
          <section>
            <h2>Timeline</h2>
            <div class="panel">
              {events.length === 0 ? (
                <Empty title="Nothing yet">The first step has not been written down.</Empty>
              ) : (
                <Timeline events={events} />
              )}
            </div>
          </section>
          <section>
            <h2>Items</h2>
            <Items record={record} />
            <OrderMoney record={record} />
            <h2>Details</h2>
            <div class="panel">
              <Details record={record} workflows={workflows} />
            </div>
          </section>
        </div>
      </>
    ),
  });
}

function Timeline({ events }: { events: readonly OrderEvent[] }) {
  return (
    <ol class="trail">
      {events.map(({ type, data, actor, createdAt }) => (
        <li>
          {eventWords(type)}
          <span class="meta">
            <Time at={createdAt} />
            {actor === null
              ? null
              : ` · by ${actor.name ?? actor.keyName ?? 'an API key'} (request ${actor.requestId})`}
          </span>
          {Object.keys(data).length === 0 ? null : <span class="meta">{factsOf(data)}</span>}
        </li>
      ))}
    </ol>
  );
}

function factsOf(data: Record<string, unknown>): string {
  return Object.entries(data)
    .map(
      ([name, value]) => `${name.replaceAll('_', ' ')}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    .join(' · ');
}

function Items({ record: { order } }: { record: OrderRecord }) {
  const { lines, currency, totalMinor } = order;
  return (
    <Table label="Items" heads={['Product', 'Quantity', 'Price', 'Sum']}>
      {lines.map(({ sku, name, quantity, unitPriceMinor }) => (
        <tr>
          <td>
            <a href={`/console/products/${encodeURIComponent(sku)}`}>{name}</a>
            <br />
            <small>{sku}</small>
          </td>
          <td class="number">{quantity}</td>
          <td class="number">
            <Money minor={unitPriceMinor} currency={currency} />
          </td>
          <td class="number">
            <Money minor={quantity * unitPriceMinor} currency={currency} />
          </td>
        </tr>
      ))}
      <tr>
        <th scope="row">Total</th>
        <td />
        <td />
        <td class="number">
          <strong>
            <Money minor={totalMinor} currency={currency} />
          </strong>
        </td>
      </tr>
    </Table>
  );
}

function Details({ record, workflows }: { record: OrderRecord; workflows: readonly WorkflowPage[] }) {
  const { order } = record;
  return (
    <dl>
      <dt>Accepted</dt>
      <dd>
        <Time at={order.acceptedAt} />
      </dd>
      <dt>E-mail</dt>
      <dd>{order.customerEmail ?? 'none'}</dd>
      <dt>Payment method</dt>
      <dd>{order.paymentMethod}</dd>
      <dt>Request</dt>
      <dd class="id">{order.requestId}</dd>
      {Object.entries(order.metadata).map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </>
      ))}
      <dt>Workflows</dt>
      <dd>
        {workflows.map(({ id, url }) => (
          <div>
            {url === null ? (
              <span class="id">{id}</span>
            ) : (
              <a href={url} rel="noreferrer">
                {id}
              </a>
            )}
          </div>
        ))}
      </dd>
    </dl>
  );
}
