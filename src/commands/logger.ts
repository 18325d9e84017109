import pino, { type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';

/** What must never be read in a log, wherever somebody puts it. */
const SECRETS = ['authorization', 'cookie', 'password', 'secret', 'secrets', 'api_key', 'apiKey', 'token'];
const PERSONAL = ['customer_email', 'customerEmail', 'email', 'to'];

/** JSON lines, to a file or to standard output; for people when standard output is a terminal. */
export function startLogging(level: string, file?: string): Logger {
  return pino(settings(level), file === undefined && process.stdout.isTTY ? pretty({ sync: true }) : lines(file));
}

/** The same log, into any stream. */
export function loggingInto(stream: DestinationStream, level = 'info'): Logger {
  return pino(settings(level), stream);
}

function settings(level: string): pino.LoggerOptions {
  const names = [...SECRETS, ...PERSONAL];
  return {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: names.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[hidden]' },
  };
}

function lines(file: string | undefined): DestinationStream {
  return pino.destination({ dest: file ?? 1, mkdir: true, sync: false });
}
