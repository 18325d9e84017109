import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../../src/config.js';

type Defaults = { [Name in keyof Required<Config>]: Config[Name] | undefined };

/** Every variable and what it is when nobody sets it. The type refuses a list that is not the schema's. */
export const DEFAULTS: Defaults = {
  LOG_LEVEL: 'info',
  HOLDFAST_HOME: '.holdfast',
  HOST: '127.0.0.1',
  PORT: 3000,
  INTERNAL_HOST: '127.0.0.1',
  INTERNAL_PORT: 9464,
  MAX_BODY_BYTES: 65_536,
  MAX_CONNECTIONS: 1_000,
  MAX_REQUESTS: 256,
  MAX_CHECKOUTS: 64,
  MAX_OPEN_ORDERS: 10_000,
  RATE_LIMIT_PER_KEY: 0,
  RATE_LIMIT_PER_CUSTOMER: 0,
  RATE_LIMIT_WINDOW_MS: 60_000,
  API_KEY_CACHE_MS: 10_000,
  CORS_ORIGINS: undefined,
  DRAIN_TIMEOUT_MS: 30_000,
  DATABASE_URL: undefined,
  DATABASE_POOL_SIZE: 20,
  POSTGRES_PORT: 5433,
  TEMPORAL_ADDRESS: undefined,
  TEMPORAL_NAMESPACE: 'default',
  TEMPORAL_PORT: 7233,
  TEMPORAL_UI_PORT: 8233,
  TEMPORAL_DEADLINE_MS: 5_000,
  HOLDFAST_TEMPORAL_CLI: undefined,
  HOLDFAST_CACHE: join(homedir(), '.cache', 'holdfast', 'bin'),
  SANDBOX_URL: undefined,
  SANDBOX_PORT: 4242,
  SANDBOX_SUCCESS_RATE: 0.95,
  SANDBOX_LATENCY_MS: '50-200',
  GATEWAY_TIMEOUT_MS: 4_000,
  GATEWAY_SETTLING_MS: 10_000,
  BREAKER_FAILURES: 5,
  BREAKER_HALF_OPEN_MS: 60_000,
  SANDBOX_EVENT_SECRETS: undefined,
  FRAUD_REVIEW_ABOVE_MINOR: 0,
  FRAUD_REJECT_ABOVE_MINOR: 0,
  FRAUD_ORDERS_PER_WINDOW: 0,
  FRAUD_WINDOW_MS: 3_600_000,
  REVIEW_DEADLINE_MS: 86_400_000,
  AUDIT_INTERVAL_MS: 300_000,
  RETRIES: 3,
  RETRY_INITIAL_MS: 1_000,
  RETRY_MAXIMUM_MS: 60_000,
  PAYMENT_DEADLINE_MS: 900_000,
  RESERVATION_TTL_MS: 1_800_000,
  LOOKUP_MAXIMUM_MS: 3_600_000,
};

export const NAMES = Object.keys(DEFAULTS) as (keyof Config)[];
