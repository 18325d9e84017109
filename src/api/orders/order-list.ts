import { OpenAPIHono, createRoute } from '@hono/zod-openapi';
import type { OrderFilter, OrderPlace } from '../../domain/order-filter.js';
import type { OrderRecord } from '../../domain/order-record.js';
import { answer } from '../requests/answers.js';
import { orderJson, orderListSchema, type WorkflowPages } from './order-json.js';
import { digestOf, filterOf, orderListQuery, orderPlace } from './order-list-schema.js';
import { pageOf, placeOf } from '../requests/paging.js';
import { problems } from '../requests/problem-schema.js';
import { Problem } from '../requests/problems.js';
import { refuseInvalid } from '../requests/validation.js';

/** An order with its position in the list: the exact time, which the order shows in milliseconds. */
export interface ListedOrder {
  record: OrderRecord;
  place: OrderPlace;
}

/** Finds orders. Throws `Unavailable` when the database does not answer. */
export interface OrderListReader {
  /** Newest first. */
  list(filter: OrderFilter, limit: number, after?: OrderPlace): Promise<ListedOrder[]>;
}

export interface OrderListOptions {
  lists: OrderListReader;
  workflows: WorkflowPages;
}

const getOrders = createRoute({
  method: 'get',
  path: '/v1/orders',
  tags: ['Orders'],
  operationId: 'listOrders',
  summary: 'Find orders',
  description:
    'The orders that meet all filters, newest first by created_at, each as GET /v1/orders/{id} shows it. created_after ' +
    'includes its time, created_before does not. Every order that was there when the walk began is on exactly one page; ' +
    'status and failure_reason hold at the moment its page is read.',
  request: { query: orderListQuery },
  responses: { 200: answer('One page of orders', orderListSchema), ...problems('validation-error') },
});

export function createOrderListRoutes({ lists, workflows }: OrderListOptions) {
  const app = new OpenAPIHono({ defaultHook: refuseInvalid });

  return app.openapi(getOrders, async (c) => {
    const query = c.req.valid('query');
    const filter = filterOf(query);
    const digest = digestOf(filter);
    const orders = await lists.list(filter, query.limit + 1, afterOf(query.cursor, digest));
    const place = ({ place: { createdAt, orderId } }: ListedOrder) => [digest, createdAt, orderId];
    return c.json(pageOf(orders, query.limit, { json: ({ record }) => orderJson(record, workflows), place }), 200);
  });
}

function afterOf(cursor: string | undefined, digest: string): OrderPlace | undefined {
  const place = placeOf(cursor, orderPlace);
  if (place === undefined) return undefined;
  const [of, createdAt, orderId] = place;
  if (of === digest) return { createdAt, orderId };
  const detail =
    'belongs to a list with other filters; give the filters of its first page again, or begin without cursor';
  throw new Problem('validation-error', 'The cursor is not one of this list.', {
    errors: [{ pointer: '/cursor', detail }],
  });
}
