import type { ListedOrder } from '../../api/orders/order-list.js';
import type { OrderFilter } from '../../domain/order-filter.js';
import { ORDER_STATUSES } from '../../domain/order.js';
import { page } from '../layout.js';
import { Empty, Field } from '../parts.js';
import type { Session } from '../session.js';
import { statusWords } from '../words.js';
import { OrderTable } from './order-table.js';

const VIEWS: readonly [name: string, query: string][] = [
  ['All', ''],
  ['Open', 'status=pending,reserved,payment_unknown,in_review,compensating,cancelling'],
  ['Needs a person', 'status=in_review,payment_unknown'],
  ['Confirmed', 'status=confirmed'],
  ['Failed', 'status=failed'],
  ['Cancelled', 'status=cancelled'],
];

export interface OrdersData {
  filter: OrderFilter;
  orders: readonly ListedOrder[];
  /** The query of the next page. */
  next: string | undefined;
}

export function ordersPage(session: Session, { filter, orders, next }: OrdersData) {
  const status = filter.statuses?.join(',') ?? '';
  const customer = filter.customerId ?? '';
  return page({
    title: 'Orders',
    session,
    path: '/console/orders',
    live: '/console/live',
    children: (
      <>
        <nav class="tabs" aria-label="Views">
          {VIEWS.map(([name, query]) => (
            <a
              href={query === '' ? '/console/orders' : `/console/orders?${query}`}
              aria-current={customer === '' && query === (status === '' ? '' : `status=${status}`) ? 'page' : undefined}
            >
              {name}
            </a>
          ))}
        </nav>
        <form class="filters" action="/console/orders">
          <Field id="customer" name="customer_id" label="Customer" value={customer} maxlength={100} />
          <p class="field">
            <label for="status">Status</label>
            <select id="status" name="status">
              <option value="">any</option>
              {ORDER_STATUSES.map((one) => (
                <option value={one} selected={one === status}>
                  {statusWords(one)}
                </option>
              ))}
            </select>
          </p>
          <button type="submit">Filter</button>
        </form>
        {orders.length === 0 ? (
          <Empty title="No orders">No order matches these filters.</Empty>
        ) : (
          <OrderTable orders={orders.map(({ record }) => record)} label="Orders" />
        )}
        {next === undefined ? null : (
          <p>
            <a href={`/console/orders?${next}`}>Older orders</a>
          </p>
        )}
      </>
    ),
  });
}
