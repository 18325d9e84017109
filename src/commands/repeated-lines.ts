import type { LoggerOptions } from 'pino';

type LogMethod = NonNullable<NonNullable<LoggerOptions['hooks']>['logMethod']>;

const WARN = 40;
const WINDOW_MS = 60_000;
// With more different lines than this at once, all of them are written.
const MOST_KEPT = 500;

/**
 * Suppresses a warning or an error that repeats one of the last minute. At the end of the minute, one line says how
 * often it was repeated. Lines that differ in anything, such as the order's id, are not repetitions.
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

/** Errors are equal if their texts are, wherever they were created. */
function keyOf(level: number, args: Arguments): string | undefined {
  try {
    return JSON.stringify([level, ...args], (_, value: unknown) =>
      value instanceof Error ? [value.name, value.message] : value,
    );
  } catch {
    return undefined;
  }
}
