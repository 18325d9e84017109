// Shared by the payment gateways: the circuit breaker and the HTTP exchange. Each gateway has its own folder beside
// them. Nothing here is specific to one gateway's protocol.

import { BrokenCircuitError, CircuitState, DelegateBackoff, circuitBreaker, handleWhenResult } from 'cockatiel';
import { createFailuresInARow, type Subject } from './failures-in-a-row.js';
import { createRamp } from './ramp.js';

export interface BreakerSettings {
  /** This many failed calls in a row open it, if they involve at least three orders. */
  failures: number;
  /** How long it stays open before one call may probe. */
  halfOpenAfterMs: number;
}

export type BreakerState = 'closed' | 'open' | 'half_open';

/** What a call says about the provider's health; `undecided` does not count. */
export type Verdict = 'healthy' | 'trouble' | 'undecided';

export interface Call<T> extends Subject {
  send(): Promise<T>;
  verdictOf(answer: T): Verdict;
  /** Makes a harmless request, to learn whether the gateway answers at all. */
  ask(): Promise<Verdict>;
}

export type Guarded<T> = { kind: 'ran'; isProbe: boolean; answer: T } | { kind: 'refused'; retryAfterMs: number };

export interface BreakerChange {
  state: BreakerState;
  /** `method` while only charges by one payment method are known to fail: those by others continue. */
  scope: 'gateway' | 'method';
  /** What opened it. */
  failures: number;
  orders: number;
  /** When a call may probe; null unless open. */
  until: Date | null;
}

export interface Breaker {
  /** Runs the call, or refuses without starting it. Rejects only when the call does. */
  run<T>(call: Call<T>): Promise<Guarded<T>>;
  /** `open` lasts until a call probes, no matter how long ago the wait was over. */
  state(): BreakerState;
}

const minRetryAfterMs = 1_000;
const busyRetryAfterMs = 2_000;

const names: Record<CircuitState, BreakerState> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half_open',
  [CircuitState.Isolated]: 'open',
};

/**
 * A circuit breaker of this process that judges the gateway, not a card (decision 23).
 *
 * While it is open, an order that has failed never probes with its own charge: the gateway is asked about it instead.
 * A probe that ends undecided proves nothing: the breaker stays open, and the next call may probe immediately.
 * Throws a `RangeError` for settings that cannot work.
 */
export function createBreaker(
  { failures, halfOpenAfterMs }: BreakerSettings,
  onChange: (change: BreakerChange) => void = () => {},
): Breaker {
  if (!(Number.isInteger(failures) && failures >= 1)) throw new RangeError('breaker.failures must be at least 1');
  if (!(halfOpenAfterMs >= 0)) throw new RangeError('breaker.halfOpenAfterMs must not be negative');

  const row = createFailuresInARow(failures);
  const ramp = createRamp();
  let probeAt = 0;
  /** What opened it, with the orders that have failed since. */
  let cause: { failures: number; method?: string; failed: Set<string> } = { failures: 0, failed: new Set() };

  const policy = circuitBreaker(
    handleWhenResult((verdict) => verdict !== 'healthy'),
    {
      breaker: {
        state: undefined,
        success: () => void row.take(),
        // A call that was sent before the breaker opened may fail after it.
        failure: () => policy.state === CircuitState.Closed && row.isFull(),
      },
      halfOpenAfter: new DelegateBackoff(({ result }) => {
        const waitMs = 'value' in result && result.value === 'undecided' ? 0 : halfOpenAfterMs;
        probeAt = Date.now() + waitMs;
        return waitMs;
      }),
    },
  );
  policy.onStateChange((state) => {
    if (state === CircuitState.Open && row.isFull()) blame();
    if (state === CircuitState.Closed) ramp.begin();
    tell();
  });

  return {
    state: () => names[policy.state],
    async run(call) {
      if (policy.state === CircuitState.Closed) {
        const leave = isBlamed(call) ? ramp.enter() : () => {};
        return leave === undefined ? refused(busyRetryAfterMs) : send(call).finally(leave);
      }
      if (!isBlamed(call)) return sendBeside(call);
      // The policy would let a call wait for the end of the probe; it is better to wait in the workflow.
      if (policy.state === CircuitState.HalfOpen) return refused(busyRetryAfterMs);
      if (!cause.failed.has(call.orderId)) return send(call);
      // The order's own charge would test the order, not the gateway. The gateway's answer decides when it may be sent.
      await judge(() => call.ask().catch((): Verdict => 'undecided'));
      return refused(leftMs());
    },
  };

  function isBlamed({ method }: Subject): boolean {
    return cause.method === undefined || method === undefined || cause.method === method;
  }

  async function send<T>(call: Call<T>): Promise<Guarded<T>> {
    const isProbe = policy.state === CircuitState.Open;
    const started: Promise<T>[] = [];
    await judge(async () => {
      const running = call.send();
      started.push(running);
      const verdict = await running.then(call.verdictOf, (): Verdict => 'undecided');
      note(call, verdict);
      return verdict;
    });
    const [running] = started;
    return running === undefined ? refused(leftMs()) : { kind: 'ran', isProbe, answer: await running };
  }

  /** A call that is unrelated to the reason why the breaker is open. */
  async function sendBeside<T>(call: Call<T>): Promise<Guarded<T>> {
    const answer = await call.send();
    const verdict = call.verdictOf(answer);
    if (verdict === 'healthy') row.take();
    if (verdict === 'trouble') {
      row.add(call);
      if (row.isFull() && policy.state !== CircuitState.Closed) {
        blame(cause.failed);
        tell();
      }
    }
    return { kind: 'ran', isProbe: false, answer };
  }

  /** Reports a verdict to the policy; nothing happens while it is open. */
  async function judge(work: () => Promise<Verdict>): Promise<void> {
    const isProbe = policy.state === CircuitState.Open;
    try {
      await policy.execute(async () => {
        const verdict = await work();
        // An exception leaves a closed policy unchanged, but would close a half-open one.
        if (verdict === 'undecided' && !isProbe) throw new NothingLearnt();
        return verdict;
      });
    } catch (error) {
      if (!(error instanceof BrokenCircuitError || error instanceof NothingLearnt)) throw error;
    }
  }

  function note(call: Subject, verdict: Verdict): void {
    if (verdict === 'healthy' && isBlamed(call)) ramp.widen();
    if (verdict !== 'trouble') return;
    if (policy.state === CircuitState.Closed) row.add(call);
    else cause.failed.add(call.orderId);
  }

  /** Opens the breaker for calls like those that failed; for all calls if it is already open for some. */
  function blame(failedBefore?: Set<string>): void {
    const { orders, ...found } = row.take();
    const failed = new Set([...(failedBefore ?? []), ...orders]);
    cause = failedBefore === undefined ? { ...found, failed } : { failures: found.failures, failed };
  }

  function tell(): void {
    const state = names[policy.state];
    onChange({
      state,
      scope: cause.method === undefined ? 'gateway' : 'method',
      failures: cause.failures,
      orders: cause.failed.size,
      until: state === 'open' ? new Date(probeAt) : null,
    });
  }

  function leftMs(): number {
    return policy.state === CircuitState.Closed ? 0 : Math.min(probeAt - Date.now(), halfOpenAfterMs);
  }

  function refused(ms: number): { kind: 'refused'; retryAfterMs: number } {
    return { kind: 'refused', retryAfterMs: Math.max(ms, minRetryAfterMs) };
  }
}

class NothingLearnt extends Error {}
