/** The transitions of a delivery. A replay starts it again. */
export const DELIVERY_TRANSITIONS = {
  pending: ['delivered', 'retrying', 'failed', 'cancelled'],
  retrying: ['delivered', 'retrying', 'failed', 'cancelled'],
  delivered: ['pending'],
  failed: ['pending'],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;

export type DeliveryState = keyof typeof DELIVERY_TRANSITIONS;

export const DELIVERY_STATES = Object.keys(DELIVERY_TRANSITIONS) as DeliveryState[];

const JITTER = 0.1;
const LONGEST_WAIT_MS = 24 * 3_600_000;

/** Lengthens a pause by up to a tenth, so that deliveries that failed together are not retried together. */
export function jittered(delayMs: number, chance: number): number {
  return Math.round(delayMs * (1 + JITTER * chance));
}

const THROTTLING: readonly unknown[] = [429, 502, 503, 504];

/** The pause before the next try. A receiver under load can ask for a longer one, up to a day. */
export function pauseFor(
  delayMs: number,
  answer: { kind: string; statusCode?: number; retryAfterMs?: number },
): number {
  const askedMs = THROTTLING.includes(answer.statusCode) ? (answer.retryAfterMs ?? 0) : 0;
  return Math.max(delayMs, Math.min(askedMs, LONGEST_WAIT_MS));
}
