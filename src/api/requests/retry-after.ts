const LEAST_SECONDS = 1;
const SPREAD_SECONDS = 3;

/** When to retry; spread, so that clients that were refused together do not retry together. */
export function retryAfter(): { 'Retry-After': string } {
  return { 'Retry-After': String(LEAST_SECONDS + Math.floor(Math.random() * SPREAD_SECONDS)) };
}
