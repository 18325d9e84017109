import { openSync } from 'node:fs';
import pino, { type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';
import { logOutput } from './log-output.js';
import { countRepeats } from './repeated-lines.js';

/** What must never appear in a log, wherever it comes from. */
const SECRETS = ['authorization', 'cookie', 'password', 'secret', 'secrets', 'api_key', 'apiKey', 'token'];
const CONTACT = ['customer_email', 'customerEmail', 'email', 'to', 'customer_phone', 'customerPhone'];
const ADDRESSES = ['shipping_address', 'shippingAddress', 'billing_address', 'billingAddress'];
const PERSONAL = [...CONTACT, ...ADDRESSES, 'actor'];
// PostgreSQL quotes the row that it rejects, including the customer; its message and code are enough.
const QUOTING = ['detail', 'where', 'internalQuery'];
const ERRORS = ['err', 'err.aggregateErrors[*]'];

/** Marks the lines of Temporal's SDK. */
export const SDK = 'temporal';

export interface LogOptions {
  file?: string;
  /** Fields for every line, evaluated when it is written. */
  fields?: (() => object) | undefined;
  /** Reports what the log itself cannot. */
  warn: (line: string) => void;
}

/**
 * JSON lines, to a file or to standard output; readable lines if standard output is a terminal.
 * @throws Error naming the file when it cannot be written
 */
export function startLogging(level: string, { file, fields, warn }: LogOptions): Logger {
  const output = file === undefined && process.stdout.isTTY ? pretty({ sync: true }) : lines(file, warn);
  return pino(settings(level, fields), output);
}

/** The same log, into any stream. */
export function loggingInto(stream: DestinationStream, level = 'info'): Logger {
  return pino(settings(level), stream);
}

function settings(level: string, fields?: () => object): pino.LoggerOptions {
  const names = [...SECRETS, ...PERSONAL];
  const anywhere = names.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  const quoting = ERRORS.flatMap((error) => QUOTING.map((name) => `${error}.${name}`));
  return {
    level,
    base: null,
    // The SDK hands over its lines late, in a different context; they carry their own fields.
    ...(fields === undefined
      ? {}
      : { mixin: (own) => ('component' in own && own['component'] === SDK ? {} : fields()) }),
    timestamp: pino.stdTimeFunctions.isoTime,
    hooks: { logMethod: countRepeats() },
    redact: { paths: [...anywhere, ...quoting], censor: '[hidden]' },
  };
}

function lines(file: string | undefined, warn: (line: string) => void): DestinationStream {
  if (file === undefined) return logOutput({ fd: 1, name: 'the log', warn });
  return logOutput({ fd: opened(file), name: `the log ${file}`, warn });
}

function opened(file: string): number {
  try {
    return openSync(file, 'a');
  } catch (error) {
    throw new Error(`the log cannot be written: ${(error as Error).message}`, { cause: error });
  }
}
