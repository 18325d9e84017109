import { z } from 'zod';
import {
  API,
  BOTH,
  CLI,
  count,
  flag,
  form,
  formWithDefault,
  fraction,
  ms,
  optionalText,
  port,
  text,
  UP,
  url,
  urlWithoutUser,
  WORKER,
} from './kinds.js';
import { group } from './settings.js';

// The schedule of the Standard Webhooks specification.
const STANDARD_WEBHOOKS_DELAYS = '5,300,1800,7200,18000,36000,50400,72000,86400';

/** How a process runs, and the servers that it uses. */
export const serverVariables = {
  ...group('Logs and data', {
    LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info').meta({
      allowed: 'fatal, error, warn, info, debug, trace or silent',
      usedBy: BOTH,
      description: 'The lowest level that is logged: fatal, error, warn, info, debug, trace or silent.',
    }),
    HOLDFAST_HOME: text('.holdfast').meta({
      usedBy: UP,
      description: 'Where `npm start` keeps the data and logs of everything that it starts.',
    }),
  }),

  ...group('API and health', {
    HOST: text('127.0.0.1').meta({
      usedBy: API,
      description: 'The address on which the API listens; 0.0.0.0 for all.',
    }),
    PORT: port(3000).meta({ usedBy: API, description: "The API's port." }),
    INTERNAL_HOST: text('127.0.0.1').meta({
      usedBy: BOTH,
      description: 'The address on which the health endpoints listen; keep it private.',
    }),
    INTERNAL_PORT: port(9464).meta({ usedBy: BOTH, description: 'The port of /healthz, /readyz and /metrics.' }),
    DRAIN_DELAY_MS: ms(0, 0, 60_000).meta({
      usedBy: BOTH,
      description:
        'How long everything continues after a stop was requested, while /readyz reports it: time for load balancers to notice.',
    }),
    DRAIN_TIMEOUT_MS: ms(30_000, 1_000, 600_000).meta({
      usedBy: BOTH,
      description: 'How long running requests and activities may take to finish after a stop was requested.',
    }),
  }),

  ...group('Commands that call the API', {
    HOLDFAST_URL: url('a URL such as https://orders.example.com', /https?/).meta({
      usedBy: CLI,
      description:
        'Where `holdfast orders` and `holdfast dead-letters` find the API; empty: the one that runs on this machine.',
    }),
    HOLDFAST_API_KEY: form('hf_ and 48 letters and digits', (key) => /^hf_[0-9A-Za-z]{48}$/.test(key)).meta({
      usedBy: CLI,
      secret: 'all',
      description: 'The API key of these commands; empty: the file `api-key` in HOLDFAST_HOME.',
    }),
  }),

  ...group('PostgreSQL', {
    DATABASE_URL: url('a URL such as postgres://user:password@host:5432/database', /postgres(?:ql)?/).meta({
      usedBy: BOTH,
      description:
        'Your own PostgreSQL server, version 15 or newer, as postgres://user:password@host:port/database, with ?sslmode=verify-full for TLS; empty: `npm start` starts one. It may point to a pooler such as PgBouncer.',
    }),
    DATABASE_DIRECT_URL: url('a URL such as postgres://user:password@host:5432/database', /postgres(?:ql)?/).meta({
      usedBy: WORKER,
      description:
        'The same database without the pooler in transaction mode, for the one connection that listens for new events; empty: DATABASE_URL, and behind a pooler, events are polled every second instead.',
    }),
    DATABASE_POOL_SIZE: count(20, 2, 200).meta({
      usedBy: BOTH,
      description: 'The most connections that one process opens to PostgreSQL.',
    }),
    POSTGRES_PORT: port(5433).meta({ usedBy: UP, description: 'The port of the PostgreSQL that `npm start` starts.' }),
  }),

  ...group('Temporal', {
    TEMPORAL_ADDRESS: form('a host and its port such as temporal:7233', isAddress).meta({
      usedBy: BOTH,
      description: 'Your own Temporal server, as host:port; empty: `npm start` starts one.',
    }),
    TEMPORAL_NAMESPACE: text('default').meta({
      usedBy: BOTH,
      description: 'The Temporal namespace that holds the workflows.',
    }),
    TEMPORAL_TLS: flag(false).meta({
      usedBy: BOTH,
      description: 'Whether to connect to Temporal over TLS; its certificate is checked.',
    }),
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: optionalText().meta({
      usedBy: BOTH,
      description: "A PEM file with the only certificate authorities trusted for Temporal; empty: the system's.",
    }),
    TEMPORAL_TLS_CLIENT_CERT_PATH: optionalText().meta({
      usedBy: BOTH,
      description: 'A PEM file with the client certificate for Temporal; read at start.',
    }),
    TEMPORAL_TLS_CLIENT_KEY_PATH: optionalText().meta({
      usedBy: BOTH,
      description: 'A PEM file with the key of that certificate.',
    }),
    TEMPORAL_API_KEY: optionalText().meta({
      secret: 'all',
      usedBy: BOTH,
      description: 'The API key for Temporal, if it requires one.',
    }),
    TEMPORAL_PORT: port(7233).meta({
      usedBy: UP,
      description: 'The port of the Temporal server that `npm start` starts.',
    }),
    TEMPORAL_UI_PORT: port(8233).meta({ usedBy: UP, description: 'The port of its Web UI.' }),
    TEMPORAL_UI_URL: urlWithoutUser(
      'a URL such as https://temporal.example.com, without user or password',
      /https?/,
    ).meta({
      usedBy: API,
      description:
        "Where people open Temporal's Web UI, for the links of orders to their workflows; empty: the one that `npm start` starts, or no links.",
    }),
    TEMPORAL_DEADLINE_MS: ms(5_000, 100, 60_000).meta({
      usedBy: BOTH,
      description: 'How long Temporal may take to answer one call of the API before it counts as unavailable.',
    }),
    WORKFLOW_STACK_TRACES: flag(false).meta({
      usedBy: WORKER,
      description:
        'Whether errors of workflows and the call stacks in the Temporal Web UI have lines of code. Each order then costs the worker more CPU time.',
    }),
    HOLDFAST_TEMPORAL_CLI: optionalText().meta({
      usedBy: UP,
      description: 'The path of a `temporal` program to use instead of the first one that is found.',
    }),
    HOLDFAST_CACHE: optionalText().meta({
      usedBy: UP,
      description: 'Where programs that were downloaded or built are kept; empty: ~/.cache/holdfast/bin.',
    }),
  }),

  ...group('Payment sandbox', {
    SANDBOX_URL: urlWithoutUser('a URL such as http://sandbox:4242, without user or password', /https?/).meta({
      usedBy: BOTH,
      description: 'A payment sandbox that runs elsewhere, as http://host:port; empty: `npm start` starts one.',
    }),
    SANDBOX_PORT: port(4242).meta({
      usedBy: UP,
      description: 'The port of the payment sandbox that `npm start` starts.',
    }),
    SANDBOX_SUCCESS_RATE: fraction(0.95).meta({
      usedBy: UP,
      description: 'The fraction of charges with pm_random that succeed, from 0 to 1.',
    }),
    SANDBOX_LATENCY_MS: formWithDefault('50-200', 'two numbers, the smaller first, such as 50-200', isRange).meta({
      unit: 'ms',
      usedBy: UP,
      description: 'How long the sandbox takes to answer, as a range.',
    }),
    SANDBOX_EVENT_SECRETS: form('whsec_ and the base64 of 24 to 64 bytes; several with commas', areSecrets).meta({
      secret: 'all',
      usedBy: API,
      description:
        "What signs the payment sandbox's events: whsec_ and base64, several with commas. `npm start` makes one of its own.",
    }),
  }),

  ...group('Stripe', {
    STRIPE_SECRET_KEY: form('sk_test_, sk_live_, rk_test_ or rk_live_, and what follows', isStripeKey).meta({
      secret: 'all',
      usedBy: BOTH,
      description: 'The secret or restricted key of the Stripe account; with it, Stripe is on.',
    }),
    STRIPE_WEBHOOK_SECRETS: form('whsec_ and what follows; several with commas', areStripeSecrets).meta({
      secret: 'all',
      usedBy: API,
      description: "What signs Stripe's events, whsec_ and more; while one is being replaced, both with a comma.",
    }),
    STRIPE_API_URL: urlWithoutUser('a URL such as http://127.0.0.1:8420, without user or password', /https?/).meta({
      usedBy: WORKER,
      description: "Another address than Stripe's own, for tests.",
    }),
    NODE_ENV: optionalText().meta({
      usedBy: BOTH,
      description: 'With production, a test key of Stripe is refused.',
    }),
  }),

  ...group('Webhooks', {
    WEBHOOK_ALLOW_PRIVATE: flag(false).meta({
      usedBy: BOTH,
      description:
        'Whether webhooks may go to this machine and to private networks, over plain http too: for development only.',
    }),
    WEBHOOK_RETRY_DELAYS_S: formWithDefault(
      STANDARD_WEBHOOKS_DELAYS,
      'up to 20 numbers of seconds with commas, such as 5,300,1800',
      areDelays,
    ).meta({
      unit: 's',
      usedBy: WORKER,
      description: 'The pauses before the second and each later try to deliver an event, in seconds.',
    }),
    WEBHOOK_RETENTION_MS: ms(604_800_000, 60_000, 31_536_000_000).meta({
      usedBy: WORKER,
      description: 'How long successful deliveries are kept.',
    }),
  }),
};

function isAddress(text: string): boolean {
  return /^(?:[^\s:/[\]]+|\[[\da-f:.]+\]):\d{1,5}$/i.test(text);
}

function isRange(text: string): boolean {
  const [min = 0, max = -1] = /^\d{1,5}-\d{1,5}$/.test(text) ? text.split('-').map(Number) : [];
  return min <= max;
}

function areDelays(text: string): boolean {
  return /^\d{1,6}(?:,\d{1,6}){0,19}$/.test(text);
}

function areSecrets(text: string): boolean {
  return text.split(',').every((secret) => {
    const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1] ?? '';
    const { length } = Buffer.from(encoded, 'base64');
    return length >= 24 && length <= 64;
  });
}

function isStripeKey(text: string): boolean {
  return /^[sr]k_(?:test|live)_\w{3,250}$/.test(text);
}

function areStripeSecrets(text: string): boolean {
  return text.split(',').every((secret) => /^whsec_[\w+/=-]{3,250}$/.test(secret));
}
