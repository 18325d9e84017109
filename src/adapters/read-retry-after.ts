// Implementations of the ports that activities, relay and API declare, one folder per external system.
// Never a business rule, and never the configuration: settings arrive as arguments.

const SECONDS = /^\d{1,10}$/;
const HTTP_DATE = /^[A-Z][a-z]{2,8},? .* GMT$/;

/** The header Retry-After, in seconds or as an HTTP date, in milliseconds from now; at most `maxMs`. */
export function retryAfterMs(header: string | null | undefined, maxMs: number): number | undefined {
  const text = header?.trim() ?? '';
  const ms = SECONDS.test(text) ? Number(text) * 1_000 : HTTP_DATE.test(text) ? Date.parse(text) - Date.now() : NaN;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), maxMs);
}
