import { z } from 'zod';
import { faultOf, faultsOf, faultText, type Fault, type Rule } from './config/faults.js';
import { limitVariables } from './config/limit-variables.js';
import { orderVariables } from './config/order-variables.js';
import { serverVariables } from './config/server-variables.js';
import { settingsOf } from './config/settings.js';
import { tracingVariables } from './config/tracing-variables.js';

const schema = z.object({ ...serverVariables, ...limitVariables, ...orderVariables, ...tracingVariables });

export type Config = z.infer<typeof schema>;

/** Everything that can be configured, in display order; the documentation is generated from it. */
export const SETTINGS = settingsOf(schema.shape);

const TEMPORAL_CREDENTIALS = [
  'TEMPORAL_API_KEY',
  'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
  'TEMPORAL_TLS_CLIENT_CERT_PATH',
  'TEMPORAL_TLS_CLIENT_KEY_PATH',
] as const;

const isLive = (key: string) => /^.k_live_/.test(key);

const MAIL = 'must be set when NOTIFIERS names smtp';

const TLS = 'needs TEMPORAL_TLS=true: without TLS, the server that receives it is not verified';

const RULES: readonly Rule<Config>[] = [
  {
    names: ['TEMPORAL_TLS', 'TEMPORAL_ADDRESS'],
    must: 'needs TEMPORAL_ADDRESS: the server that `npm start` starts knows no TLS',
    isBroken: (config) => config.TEMPORAL_TLS && config.TEMPORAL_ADDRESS === undefined,
  },
  ...TEMPORAL_CREDENTIALS.map((name) => ({
    names: [name, 'TEMPORAL_TLS'] as const,
    must: TLS,
    isBroken: (config: Config) => config[name] !== undefined && !config.TEMPORAL_TLS,
  })),
  {
    names: ['TEMPORAL_TLS_CLIENT_CERT_PATH', 'TEMPORAL_TLS_CLIENT_KEY_PATH'],
    must: 'goes with TEMPORAL_TLS_CLIENT_KEY_PATH: set both or neither',
    isBroken: (config) =>
      (config.TEMPORAL_TLS_CLIENT_CERT_PATH === undefined) !== (config.TEMPORAL_TLS_CLIENT_KEY_PATH === undefined),
  },
  {
    names: ['STRIPE_SECRET_KEY', 'GATEWAY', 'SANDBOX_URL'],
    must: 'is a live key, and the payment sandbox is on, which confirms orders without real money: set GATEWAY=stripe, and no SANDBOX_URL',
    isBroken: ({ STRIPE_SECRET_KEY: key, GATEWAY, SANDBOX_URL }) =>
      key !== undefined && isLive(key) && (GATEWAY === 'sandbox' || SANDBOX_URL !== undefined),
  },
  {
    names: ['STRIPE_SECRET_KEY', 'NODE_ENV'],
    must: 'is a test key, and NODE_ENV is production: orders would be confirmed without real money; use a live key, or another NODE_ENV for a trial',
    isBroken: ({ STRIPE_SECRET_KEY: key, NODE_ENV }) => key !== undefined && !isLive(key) && NODE_ENV === 'production',
  },
  {
    names: ['SMTP_URL', 'NOTIFIERS'],
    must: MAIL,
    isBroken: (config) => config.NOTIFIERS?.includes('smtp') === true && config.SMTP_URL === undefined,
  },
  {
    names: ['SMTP_FROM', 'NOTIFIERS'],
    must: MAIL,
    isBroken: (config) => config.NOTIFIERS?.includes('smtp') === true && config.SMTP_FROM === undefined,
  },
  {
    names: ['RETRY_MAXIMUM_MS', 'RETRY_INITIAL_MS'],
    must: 'must not be less than RETRY_INITIAL_MS',
    isBroken: (config) => config.RETRY_MAXIMUM_MS < config.RETRY_INITIAL_MS,
  },
];

/** The configuration in the environment: values, or all faults. */
export type Reading = { config: Config; faults: [] } | { config: undefined; faults: Fault[] };

/** The variables that are set. Empty means unset: that is how .env files and Compose omit a variable. */
export function givenIn(environment: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value === undefined || value === '' ? [] : [[name, value]],
    ),
  );
}

/** Reads the variables that are set, and reports everything that is wrong with them. */
export function checkConfig(given: Readonly<Record<string, string>>): Reading {
  const result = schema.safeParse(given);
  const faults = result.success ? [] : faultsOf(result.error, given, SETTINGS);
  const wrong = new Set(faults.map(({ name }) => name));
  const rest = schema.parse(Object.fromEntries(Object.entries(given).filter(([name]) => !wrong.has(name))));
  for (const { names, must, isBroken } of RULES) {
    const setting = SETTINGS.find(({ name }) => name === names[0]);
    if (setting === undefined || names.some((name) => wrong.has(name))) continue;
    if (isBroken(rest)) faults.push(faultOf(setting, given, must));
  }
  if (!result.success || faults.length > 0) return { config: undefined, faults };
  return { config: Object.freeze(result.data), faults: [] };
}

/**
 * Reads the whole configuration from the environment, once, at start.
 * @throws Error that lists every fault, in words
 */
export function readConfig(environment?: NodeJS.ProcessEnv): Config {
  const { config, faults } = checkConfig(givenIn(environment));
  if (config !== undefined) return config;
  const many = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
  throw new Error([`The configuration has ${many}:`, ...faults.map((fault) => `  ${faultText(fault)}`)].join('\n'));
}
