import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import type { OrderStats } from '../domain/order-stats.js';
import { answer } from './requests/answers.js';
import { timestamp } from './requests/fields.js';
import { problems } from './requests/problem-schema.js';

/** Statistics about the orders. Throws `Unavailable` when the database is unavailable. */
export interface StatsReader {
  read(): Promise<OrderStats>;
}

export interface StatsOptions {
  stats: StatsReader;
}

const counts = z.record(z.string(), z.int().min(0));

const statsSchema = z
  .object({
    total_processed: z.int().min(0).openapi({ description: 'Orders that have had an answer.' }),
    average_processing_time: z
      .number()
      .min(0)
      .openapi({ description: 'Mean seconds from acceptance to first answer.' }),
    status_counts: counts.openapi({ description: 'How many orders have each status now.' }),
    depths: counts.openapi({ description: 'The lengths of queues; each is counted up to 10,000.' }),
    gateway: z
      .object({
        breaker: z.enum(['closed', 'half_open', 'open']),
        scope: z.enum(['gateway', 'method']).nullable(),
        since: timestamp.nullable(),
        until: timestamp.nullable().openapi({ description: 'When the first call may probe.' }),
        workers: z.int().min(0).openapi({ description: 'How many workers have a breaker that is not closed.' }),
      })
      .openapi({
        description:
          'The worst of the workers’ circuit breakers for the payment gateway, as reported within the last minute. With ' +
          'scope `method` only charges by one payment method wait, and refunds.',
      }),
    as_of: timestamp,
  })
  .openapi('Stats', {
    example: {
      total_processed: 1284,
      average_processing_time: 0.187,
      status_counts: { pending: 2, confirmed: 1190, completed: 0, failed: 71, cancelled: 23 },
      depths: { orders_in_review: 1, open_dead_letters: 1, unprocessed_gateway_events: 0, outbox_backlog: 3 },
      gateway: { breaker: 'closed', scope: null, since: null, until: null, workers: 0 },
      as_of: '2026-11-01T09:30:00.000Z',
    },
  });

const getStats = createRoute({
  method: 'get',
  path: '/v1/stats',
  tags: ['Operations'],
  operationId: 'getStats',
  summary: 'Read statistics',
  description: 'The number of orders in each status, how long they take, and how much work is waiting.',
  responses: { 200: answer('The current statistics', statsSchema), ...problems() },
});

export function createStatsRoutes({ stats }: StatsOptions) {
  const app = new OpenAPIHono();

  return app.openapi(getStats, async (c) => {
    const { settledOrders, averageSettlingSeconds, statusCounts, depths, gateway, asOf } = await stats.read();
    const body = {
      total_processed: settledOrders,
      average_processing_time: Math.round((averageSettlingSeconds ?? 0) * 1_000) / 1_000,
      status_counts: statusCounts,
      depths,
      gateway,
      as_of: asOf,
    };
    return c.json(body, 200);
  });
}
