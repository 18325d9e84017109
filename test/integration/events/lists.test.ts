import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createWebhookDeliveryStore, deliveryPage } from '../../../src/adapters/postgres/events/delivery-reader.js';
import type { DeliveryState } from '../../../src/domain/delivery.js';
import { accessesOf, planOf } from '../../support/query-plans.js';
import { startStack, type Stack } from '../../support/stack.js';

const MANY = 20_000;
const LIMIT = 51;

let stack: Stack;
let endpointId = '';
beforeAll(async () => {
  stack = await startStack();
  const { pool } = stack.database;
  const { rows } = await pool.query<{ id: string }>(
    `insert into webhook_endpoints (url, event_types, trail_types, secret) values ('https://a.example', '{*}', '{}', 's')
     returning id`,
  );
  endpointId = rows[0]?.id ?? '';
  await pool.query(
    `insert into webhook_deliveries (endpoint_id, message_id, type, order_id, seq, state)
     select $1, 'evt_' || n, case when n % 5000 = 0 then 'refund.failed' else 'order.created' end, 'order-' || n, 1,
            case when n % 400 = 1 then 'failed' else 'delivered' end
     from generate_series(1, $2::integer) as n`,
    [endpointId, MANY],
  );
  await pool.query('vacuum (analyze) webhook_deliveries');
}, 60_000);
afterAll(async () => stack?.close());

interface Filter {
  type?: string;
  state?: DeliveryState;
  orderId?: string;
  endpoint?: boolean;
}

const FILTERS: [string, Filter][] = [
  ['nothing', {}],
  ['a common type', { type: 'order.created' }],
  ['a rare type', { type: 'refund.failed' }],
  ['a type that there is not', { type: 'order.rejected' }],
  ['a rare type of one endpoint', { type: 'refund.failed', endpoint: true }],
  ['a state and a rare type', { type: 'refund.failed', state: 'delivered' }],
  ['a rare state', { state: 'failed' }],
  ['an order', { orderId: 'order-77' }],
];

test.each(FILTERS)(
  'a page of deliveries by %s reads little more than what it shows',
  async (_what, { endpoint, ...filter }) => {
    const of = { ...filter, ...(endpoint === true ? { endpointId } : {}) };
    const page = { ...of, limit: LIMIT };
    const plan = await planOf(stack.database, deliveryPage(stack.database.kysely, page).compile());
    const { relations, removedRows } = accessesOf(plan);
    expect(relations.filter(({ node }) => node === 'Seq Scan')).toEqual([]);
    expect(removedRows).toBeLessThanOrEqual(LIMIT);

    const shown = await createWebhookDeliveryStore(stack.database).list(page);
    const { rows } = await stack.database.pool.query<{ id: string }>(
      `select id from webhook_deliveries where ($1::text is null or type = $1) and ($2::text is null or state = $2)
       and ($3::text is null or order_id = $3) order by id desc limit ${LIMIT}`,
      [of.type ?? null, of.state ?? null, of.orderId ?? null],
    );
    expect(shown.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
  },
);
