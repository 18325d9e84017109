import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const number = z
  .string()
  .regex(/^\s*-?\d+(?:\.\d+)?\s*$/, 'must be a number')
  .transform(Number);
const count = (fallback: number, min: number, max: number) => number.pipe(z.int().min(min).max(max)).default(fallback);
const port = (fallback: number) => count(fallback, 1, 65_535);
const ms = count;
const optional = z.string().min(1).optional();

const NOTIFIERS = ['log', 'smtp'] as const;
// The schedule of the Standard Webhooks specification.
const DELIVERY_DELAYS = '5,300,1800,7200,18000,36000,50400,72000,86400';

const schema = z.object({
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  HOLDFAST_HOME: z.string().min(1).default('.holdfast'),

  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port(3000),
  INTERNAL_HOST: z.string().min(1).default('127.0.0.1'),
  INTERNAL_PORT: port(9464),
  MAX_BODY_BYTES: count(65_536, 1_024, 1_048_576),
  MAX_STREAMS: count(8_000, 0, 100_000),
  MAX_CONNECTIONS: count(10_000, 10, 100_000),
  MAX_REQUESTS: count(256, 5, 10_000),
  MAX_CHECKOUTS: count(40, 1, 10_000),
  ACCEPT_TARGET_MS: ms(500, 10, 60_000),
  MAX_OPEN_ORDERS: count(10_000, 1, 10_000_000),
  RATE_LIMIT_PER_KEY: count(0, 0, 10_000_000),
  RATE_LIMIT_PER_CUSTOMER: count(0, 0, 10_000_000),
  RATE_LIMIT_WINDOW_MS: ms(60_000, 1_000, 86_400_000),
  API_KEY_CACHE_MS: ms(10_000, 100, 60_000),
  CORS_ORIGINS: z.string().refine(areOrigins, 'must be origins such as https://shop.example, with commas').optional(),
  DRAIN_TIMEOUT_MS: ms(30_000, 1_000, 600_000),

  DATABASE_URL: optional,
  DATABASE_POOL_SIZE: count(20, 2, 200),
  POSTGRES_PORT: port(5433),

  TEMPORAL_ADDRESS: optional,
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_PORT: port(7233),
  TEMPORAL_UI_PORT: port(8233),
  TEMPORAL_DEADLINE_MS: ms(5_000, 100, 60_000),
  HOLDFAST_TEMPORAL_CLI: optional,
  HOLDFAST_CACHE: z
    .string()
    .min(1)
    .default(join(homedir(), '.cache', 'holdfast', 'bin')),

  SANDBOX_URL: optional,
  SANDBOX_PORT: port(4242),
  SANDBOX_SUCCESS_RATE: number.pipe(z.number().min(0).max(1)).default(0.95),
  SANDBOX_LATENCY_MS: z
    .string()
    .regex(/^\d{1,5}-\d{1,5}$/, 'must be two numbers of milliseconds, such as "50-200"')
    .refine(isRange, 'must start with the smaller number')
    .default('50-200'),
  GATEWAY_TIMEOUT_MS: ms(4_000, 100, 12_000),
  GATEWAY_SETTLING_MS: ms(10_000, 0, 86_400_000),

  BREAKER_FAILURES: count(5, 1, 1_000),
  BREAKER_HALF_OPEN_MS: ms(60_000, 100, 3_600_000),
  SANDBOX_EVENT_SECRETS: optional,

  FRAUD_REVIEW_ABOVE_MINOR: count(0, 0, 999_999_999_999),
  FRAUD_REJECT_ABOVE_MINOR: count(0, 0, 999_999_999_999),
  FRAUD_ORDERS_PER_WINDOW: count(0, 0, 1_000_000),
  FRAUD_WINDOW_MS: ms(3_600_000, 1_000, 604_800_000),
  REVIEW_DEADLINE_MS: ms(86_400_000, 100, 2_592_000_000),

  WEBHOOK_ALLOW_PRIVATE: z.stringbool().default(false),
  WEBHOOK_RETRY_DELAYS_S: z
    .string()
    .regex(/^\d{1,6}(?:,\d{1,6}){0,19}$/, 'must be up to 20 numbers of seconds with commas, such as "5,300,1800"')
    .default(DELIVERY_DELAYS),
  WEBHOOK_RETENTION_MS: ms(604_800_000, 60_000, 31_536_000_000),
  NOTIFIERS: z
    .string()
    .transform((names) => names.split(',').map((name) => name.trim()))
    .refine(namesNotifiers, 'must be "none", "log", "smtp" or "log,smtp"')
    .transform((names) => NOTIFIERS.filter((name) => names.includes(name)))
    .optional(),
  SMTP_URL: optional.refine((url) => url === undefined || (/^smtps?:\/\/[^/\s]+/.test(url) && URL.canParse(url)), {
    error: 'must be as smtp://user:password@host:587 or smtps://user:password@host:465',
  }),
  SMTP_FROM: z
    .string()
    .regex(
      /^(?:[^<>@\p{Cc}]+<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/u,
      'must be as "shop@example.com" or "The shop <shop@example.com>"',
    )
    .optional(),
  SHOP_NAME: z
    .string()
    .max(100)
    .regex(/^[^\p{Cc}]+$/u, 'must not contain control characters')
    .default('The shop'),

  AUDIT_INTERVAL_MS: ms(300_000, 1_000, 86_400_000),

  RETRIES: count(3, 1, 20),
  RETRY_INITIAL_MS: ms(1_000, 10, 60_000),
  RETRY_MAXIMUM_MS: ms(60_000, 10, 3_600_000),
  PAYMENT_DEADLINE_MS: ms(900_000, 1_000, 86_400_000),
  RESERVATION_TTL_MS: ms(1_800_000, 1_000, 604_800_000),
  LOOKUP_MAXIMUM_MS: ms(3_600_000, 100, 86_400_000),
});

/** What concerns several variables at once. */
const whole = schema.superRefine(({ NOTIFIERS: names, SMTP_URL, SMTP_FROM }, context) => {
  if (!names?.includes('smtp')) return;
  const missing = Object.entries({ SMTP_URL, SMTP_FROM }).filter(([, value]) => value === undefined);
  for (const [name] of missing) {
    context.addIssue({ code: 'custom', path: [name], message: 'must be set when NOTIFIERS names smtp' });
  }
});

function namesNotifiers(names: string[]): boolean {
  if (names.includes('none')) return names.length === 1;
  return new Set(names).size === names.length && names.every((name) => NOTIFIERS.some((known) => known === name));
}

function areOrigins(text: string): boolean {
  return text.split(',').every((origin) => URL.canParse(origin) && new URL(origin).origin === origin);
}

function isRange(text: string): boolean {
  const [min = 0, max = 0] = text.split('-').map(Number);
  return min <= max;
}

export type Config = z.infer<typeof schema>;

/**
 * Reads the whole configuration from the environment, once, at start.
 * @throws Error that lists every fault at once, in words
 */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  // An empty variable is one that was not set: that is how .env files and Compose leave things out.
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = whole.safeParse(given);
  if (!result.success) throw new Error(`The configuration has faults:\n${z.prettifyError(result.error)}`);
  return Object.freeze(result.data);
}
