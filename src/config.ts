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

const collector = optional.refine(
  (url) => url === undefined || (/^https?:\/\/[^/\s]+/.test(url) && URL.canParse(url)),
  {
    error: 'must be an http or https URL, such as http://localhost:4318',
  },
);

const NOTIFIERS = ['log', 'smtp'] as const;

const schema = z.object({
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  HOLDFAST_HOME: z.string().min(1).default('.holdfast'),

  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port(3000),
  INTERNAL_HOST: z.string().min(1).default('127.0.0.1'),
  INTERNAL_PORT: port(9464),
  MAX_BODY_BYTES: count(65_536, 1_024, 1_048_576),
  MAX_STREAMS: count(10_000, 0, 100_000),
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

  OTEL_EXPORTER_OTLP_ENDPOINT: collector,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collector,
  OTEL_EXPORTER_OTLP_HEADERS: optional,
  OTEL_SERVICE_NAME: optional,
  OTEL_RESOURCE_ATTRIBUTES: optional,
  OTEL_TRACES_SAMPLER: optional,
  OTEL_TRACES_SAMPLER_ARG: optional,
  OTEL_TRACES_EXPORTER: optional,
  // By the specification anything but "true" is false.
  OTEL_SDK_DISABLED: z
    .string()
    .transform((text) => text.trim().toLowerCase() === 'true')
    .default(false),

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
