import { OpenAPIHono, createRoute } from '@hono/zod-openapi';
import type { OrderStats } from '../domain/order-stats.js';

/** The numbers of the shop. Throws `Unavailable` when the database is away. */
export interface StatsBook {
  read(): Promise<OrderStats>;
}

export interface StatsOptions {
  stats: StatsBook;
}

const getStats = createRoute({
  method: 'get',
  path: '/v1/stats',
  responses: {
    200: {
      description:
        'How many orders have had an answer (total_processed), the mean seconds from acceptance to the first answer ' +
        '(average_processing_time), how many orders have each status now, and what waits for somebody (depths)',
    },
  },
});

export function createStatsRoutes({ stats }: StatsOptions) {
  const app = new OpenAPIHono();

  app.openapi(getStats, async (c) => {
    const { settledOrders, averageSettlingSeconds, statusCounts, depths, asOf } = await stats.read();
    const body = {
      total_processed: settledOrders,
      average_processing_time: Math.round((averageSettlingSeconds ?? 0) * 1_000) / 1_000,
      status_counts: statusCounts,
      depths,
      as_of: asOf,
    };
    return c.json(body, 200);
  });

  return app;
}
