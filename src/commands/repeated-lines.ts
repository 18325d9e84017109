import type { LoggerOptions } from 'pino';

type LogMethod = NonNullable<NonNullable<LoggerOptions['hooks']>['logMethod']>;

const WARN = 40;
const WINDOW_MS = 60_000;
// Beyond that many different lines at once, they are all written.
const MOST_KEPT = 500;

/**
 * Writes a warning or an error that says the same as one of the last minute no second time. At the end of the minute a
 * line says how often it came. Lines that differ in anything, such as their order, are not the same.
 */
export function countRepeats(windowMs = WINDOW_MS): LogMethod {
  const seen = new Map<string, number>();

  return function write(args, method, level) {
    const key = level < WARN ? undefined : keyOf(level, args);
    if (key === undefined || (seen.size >= MOST_KEPT && !seen.has(key))) return method.apply(this, args);
    const repeats = seen.get(key);
    if (repeats !== undefined) {
      seen.set(key, repeats + 1);
      return;
    }
    seen.set(key, 0);
    method.apply(this, args);
    setTimeout(() => {
      const repeated = seen.get(key) ?? 0;
      seen.delete(key);
      if (repeated > 0) method.apply(this, counted(args, repeated));
    }, windowMs).unref();
  };
}

type Arguments = Parameters<LogMethod>[0];

function counted([first, ...rest]: Arguments, repeated: number): Arguments {
  if (typeof first === 'string') return [{ repeated }, first, ...rest] as unknown as Arguments;
  return [{ ...(first as object), repeated }, ...rest] as unknown as Arguments;
}

/** Errors are the same when they say the same, wherever they were made. */
function keyOf(level: number, args: Arguments): string | undefined {
  try {
    return JSON.stringify([level, ...args], (_, value: unknown) =>
      value instanceof Error ? [value.name, value.message] : value,
    );
  } catch {
    return undefined;
  }
}
