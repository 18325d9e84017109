import type { Logger } from 'pino';
import { createRateCounter } from '../../adapters/postgres/rate-counter.js';
import type { Database } from '../../adapters/postgres/pool.js';
import type { RateLimits } from '../../api/access/rate-limits.js';
import type { Config } from '../../config.js';

/** The rate limits that are on. */
export function rateLimitsOf(config: Config, database: Database, log: Logger): RateLimits {
  const counter = (name: string, limit: number) =>
    limit === 0
      ? undefined
      : createRateCounter({
          database,
          name,
          limit,
          windowMs: config.RATE_LIMIT_WINDOW_MS,
          onError: (err) => log.warn({ err, counter: name }, 'checkouts are counted in memory for now'),
        });
  return {
    perKey: counter('key', config.RATE_LIMIT_PER_KEY),
    perCustomer: counter('customer', config.RATE_LIMIT_PER_CUSTOMER),
  };
}
