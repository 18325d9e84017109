import { diag, DiagLogLevel } from '@opentelemetry/api';
import { setGlobalErrorHandler } from '@opentelemetry/core';

export interface TracingLog {
  warn(fields: Record<string, unknown>, message: string): void;
}

const PAUSE_MS = 60_000;

/**
 * Writes the library's faults to our log: the first one immediately, then at most one line per minute with the number
 * of the others.
 */
export function reportFaults(log: TracingLog, now: () => number = () => performance.now()): void {
  let quietUntil = -Infinity;
  let unsaid = 0;
  const warn = (reason: string): void => {
    if (now() < quietUntil) {
      unsaid += 1;
      return;
    }
    log.warn({ reason, ...(unsaid === 0 ? {} : { others: unsaid }) }, 'tracing is failing; orders continue');
    quietUntil = now() + PAUSE_MS;
    unsaid = 0;
  };
  const silent = () => {};
  const options = { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true };
  diag.setLogger({ error: warn, warn, info: silent, debug: silent, verbose: silent }, options);
  // The library's own handler prints the whole error as JSON.
  setGlobalErrorHandler((error) => warn(reasonOf(error)));
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? ` (${String(error.code)})` : '';
  return `${error.message === '' ? error.name : error.message}${code}`;
}
