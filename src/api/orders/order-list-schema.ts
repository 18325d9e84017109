import { createHash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { FAILURE_REASONS } from '../../domain/failure.js';
import type { OrderFilter } from '../../domain/order-filter.js';
import { ORDER_STATUSES } from '../../domain/order.js';
import { orderIdSchema } from './order-schema.js';
import { text } from '../requests/fields.js';
import { pageQuery, placeTime } from '../requests/paging.js';
import { time } from '../requests/time.js';

/** Several of these words, separated by commas or as repeated parameters. */
const anyOf = <Word extends string>(words: readonly [Word, ...Word[]] | readonly Word[]) =>
  z
    .union([z.string(), z.array(z.string())], 'must be one or more words')
    .transform((given, context) => {
      const named = [given].flat().flatMap((part) => part.split(','));
      const known = words.filter((word) => named.includes(word));
      for (const word of named) {
        if ((words as readonly string[]).includes(word)) continue;
        context.addIssue({ code: 'custom', message: `${JSON.stringify(word)} is none of ${words.join(', ')}` });
      }
      return known;
    })
    .openapi({ type: 'array', items: { type: 'string', enum: [...words] } });

export const orderListQuery = pageQuery
  .extend({
    status: anyOf(ORDER_STATUSES).optional(),
    customer_id: text(100).optional(),
    created_after: time.optional(),
    created_before: time.optional(),
    failure_reason: anyOf(FAILURE_REASONS).optional(),
  })
  .refine(
    ({ created_after: from, created_before: to }) =>
      from === undefined || to === undefined || instant(from) < instant(to),
    {
      path: ['created_before'],
      message: 'must be later than created_after',
    },
  );

export type OrderListQuery = z.infer<typeof orderListQuery>;

export function filterOf(query: OrderListQuery): OrderFilter {
  const { status, customer_id, created_after, created_before, failure_reason } = query;
  return {
    ...(status === undefined ? {} : { statuses: status }),
    ...(customer_id === undefined ? {} : { customerId: customer_id }),
    ...(created_after === undefined ? {} : { createdAfter: created_after }),
    ...(created_before === undefined ? {} : { createdBefore: created_before }),
    ...(failure_reason === undefined ? {} : { failureReasons: failure_reason }),
  };
}

/** A short text that is the same for the same filters, no matter in which order or notation they were given. */
export function digestOf(filter: OrderFilter): string {
  return createHash('sha256').update(JSON.stringify(filter)).digest('base64url').slice(0, 16);
}

/** The position in a list of orders: its filters, and the last order's time and id. */
export const orderPlace = z.tuple([z.string(), placeTime, orderIdSchema]);

/** Comparable as text: without its fraction, then with it. */
function instant(utc: string): string {
  return utc.slice(0, -1).padEnd(26, utc.includes('.') ? '0' : '.000000');
}
