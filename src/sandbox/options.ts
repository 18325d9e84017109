import { parseArgs } from 'node:util';
import { isEventsUrl } from './event-sender.js';
import type { EventSettings } from './event-sender.js';
import type { ServeOptions } from './serve.js';
import { signingKeyOf } from './signature.js';

export const usage =
  'usage: main.js --port PORT [--host HOST] [--ledger FILE] [--success-rate 0..1] [--latency-ms MIN-MAX] [--events-url URL] [--instance NAME] [--exit-with-stdin]\n' +
  'events are signed with SANDBOX_EVENT_SECRETS of the environment: whsec_..., several with commas';

const SECRETS = 'SANDBOX_EVENT_SECRETS';

export interface SandboxOptions {
  serve: ServeOptions;
  /** End when the standard input is closed, as it is when the parent dies. */
  exitWithStdin: boolean;
}

/**
 * Reads the command line, without the program's name, and from the environment what must not be on it.
 * @throws Error that names the option that is wrong
 */
export function parseSandboxOptions(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = {},
): SandboxOptions {
  const { values } = parseArgs({
    args: [...argv],
    strict: true,
    allowPositionals: false,
    options: {
      port: { type: 'string', default: '4242' },
      host: { type: 'string', default: '127.0.0.1' },
      ledger: { type: 'string' },
      'success-rate': { type: 'string', default: '0.95' },
      'latency-ms': { type: 'string', default: '50-200' },
      'events-url': { type: 'string' },
      instance: { type: 'string' },
      'exit-with-stdin': { type: 'boolean', default: false },
    },
  });
  const events = eventsOf(values['events-url'], environment[SECRETS]);
  return {
    serve: {
      port: portOf(values.port),
      host: notEmpty('--host', values.host),
      successRate: rateOf(values['success-rate']),
      latencyMs: rangeOf(values['latency-ms']),
      ...(values.ledger === undefined ? {} : { ledgerFile: notEmpty('--ledger', values.ledger) }),
      ...(values.instance === undefined ? {} : { instance: notEmpty('--instance', values.instance) }),
      ...(events === undefined ? {} : { events }),
    },
    exitWithStdin: values['exit-with-stdin'],
  };
}

function portOf(value: string): number {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : -1;
  if (port < 0 || port > 65_535) throw new Error(`--port must be a number from 0 to 65535, not "${value}"`);
  return port;
}

function rateOf(value: string): number {
  const rate = /^\d+(\.\d+)?$/.test(value) ? Number(value) : -1;
  if (rate < 0 || rate > 1) throw new Error(`--success-rate must be a number from 0 to 1, not "${value}"`);
  return rate;
}

function rangeOf(value: string): { min: number; max: number } {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(value);
  const [min, max] = [Number(match?.[1] ?? -1), Number(match?.[2] ?? -1)];
  if (match === null || min > max || max > 60_000) {
    throw new Error(`--latency-ms must be a range such as 50-200, at most 60000, not "${value}"`);
  }
  return { min, max };
}

function eventsOf(url: string | undefined, secret: string | undefined): EventSettings | undefined {
  if (url === undefined) return undefined;
  if (secret === undefined || secret === '') throw new Error(`--events-url needs ${SECRETS} in the environment`);
  if (!isEventsUrl(url)) throw new Error('--events-url must be an http or https URL without credentials');
  const secrets = secret.split(',');
  if (!secrets.every((one) => signingKeyOf(one) !== undefined)) {
    throw new Error(`${SECRETS} must be whsec_ and the base64 of 24 to 64 bytes; several with commas`);
  }
  return { url, secrets };
}

function notEmpty(option: string, value: string): string {
  if (value === '') throw new Error(`${option} must not be empty`);
  return value;
}
