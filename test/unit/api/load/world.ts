import { jest } from '@jest/globals';
import { createOrderGate } from '../../../../src/api/load/load-shedder.js';
import { createPace } from '../../../../src/api/load/adaptive-limit.js';
import { Problem } from '../../../../src/api/requests/problems.js';

export interface Outcome {
  at: number;
  ms: number;
  /** How many seconds to wait before the same is sent again; nothing when it was accepted. */
  retryAfter?: number;
}

const BEGUN_AFTER_MS = 50;

/** A gate with its defaults, before a server that starts so many orders a second. The clock is simulated. */
export function openWorld({ perSecond = 60, burst = 750 } = {}) {
  const begun = new Set<string>();
  const outcomes: Outcome[] = [];
  const world = { perSecond, orders: 0 };
  let freeAt = Date.now();
  const gate = createOrderGate({
    pace: createPace({ most: 40, targetMs: 500 }),
    burst,
    burstWaitMs: 9_000,
    openOrders: 1_000_000,
    begun: async (ids) => ids.filter((id) => begun.has(id)),
    countOpen: async () => 0,
    log: { warn: () => {}, error: () => {} },
  });

  async function startOrder(): Promise<void> {
    freeAt = Math.max(freeAt, Date.now()) + 1_000 / world.perSecond;
    const orderId = `order-${(world.orders += 1)}`;
    await wait(freeAt - Date.now());
    setTimeout(() => begun.add(orderId), BEGUN_AFTER_MS);
  }

  async function post(hungUp?: AbortSignal): Promise<Outcome> {
    const at = Date.now();
    const outcome = await send(hungUp).then(
      () => ({ at, ms: Date.now() - at }),
      (error: unknown) => ({ at, ms: Date.now() - at, retryAfter: secondsOf(error) }),
    );
    outcomes.push(outcome);
    return outcome;
  }

  async function send(hungUp?: AbortSignal): Promise<void> {
    const ticket = await gate.enter(hungUp === undefined ? undefined : () => hungUp);
    try {
      const orderId = `order-${world.orders + 1}`;
      ticket.acquire(orderId);
      await startOrder();
      ticket.tried(orderId, true);
    } finally {
      ticket.leave();
    }
  }

  return {
    world,
    gate,
    post,
    outcomes,
    /** So many checkouts at once. */
    burstOf: (count: number) => Array.from({ length: count }, () => post()),
    /** Evenly spread checkouts. */
    async pour(rate: number, seconds: number): Promise<void> {
      for (let sent = 0; sent < rate * seconds; sent += 1) {
        void post();
        await jest.advanceTimersByTimeAsync(1_000 / rate);
      }
    },
    pass: (ms: number) => jest.advanceTimersByTimeAsync(ms),
  };
}

export const isAccepted = ({ retryAfter }: Outcome): boolean => retryAfter === undefined;

export function quantileOf(outcomes: readonly Outcome[], part: number): number {
  const sorted = outcomes.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * part) - 1] ?? 0;
}

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function secondsOf(error: unknown): number {
  if (!(error instanceof Problem) || error.code !== 'overloaded') throw error;
  const { 'Retry-After': seconds } = error.headers;
  return Number(seconds);
}
