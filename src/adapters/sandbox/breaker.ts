import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, DelegateBackoff } from 'cockatiel';
import { circuitBreaker, handleWhenResult } from 'cockatiel';

export interface BreakerSettings {
  /** So many failed calls in a row open it. */
  failures: number;
  /** How long it stays open before one call may probe. */
  halfOpenAfterMs: number;
}

export type BreakerState = 'closed' | 'open' | 'half_open';

/** What a call tells about the provider's health; `undecided` counts neither way. */
export type Verdict = 'healthy' | 'trouble' | 'undecided';

export type Guarded<T> = { kind: 'ran'; answer: T } | { kind: 'refused'; retryAfterMs: number };

export interface Breaker {
  /** Runs the work, or refuses without starting it. Rejects only when the work does. */
  run<T>(work: () => Promise<T>, verdictOf: (answer: T) => Verdict): Promise<Guarded<T>>;
  /** `open` lasts until a call probes, however long ago the wait was over. */
  state(): BreakerState;
}

const minRetryAfterMs = 1_000;
const probeRetryAfterMs = 2_000;

const names: Record<CircuitState, BreakerState> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half_open',
  [CircuitState.Isolated]: 'open',
};

/**
 * A circuit breaker of this process. Throws a `RangeError` for settings that cannot work.
 *
 * A probe that ends undecided proves nothing: the breaker stays open, and the next call may probe at once.
 */
export function createBreaker({ failures, halfOpenAfterMs }: BreakerSettings): Breaker {
  if (!(Number.isInteger(failures) && failures >= 1)) throw new RangeError('breaker.failures must be at least 1');
  if (!(halfOpenAfterMs >= 0)) throw new RangeError('breaker.halfOpenAfterMs must not be negative');

  let probeAt = 0;
  const policy = circuitBreaker(
    handleWhenResult((verdict) => verdict !== 'healthy'),
    {
      breaker: new ConsecutiveBreaker(failures),
      halfOpenAfter: new DelegateBackoff(({ result }) => {
        const waitMs = 'value' in result && result.value === 'undecided' ? 0 : halfOpenAfterMs;
        probeAt = Date.now() + waitMs;
        return waitMs;
      }),
    },
  );

  return {
    state: () => names[policy.state],
    async run<T>(work: () => Promise<T>, verdictOf: (answer: T) => Verdict): Promise<Guarded<T>> {
      // The policy would let a call wait for the probe's end; a workflow waits better.
      if (policy.state === CircuitState.HalfOpen) return { kind: 'refused', retryAfterMs: probeRetryAfterMs };
      const isProbe = policy.state === CircuitState.Open;
      const started: Promise<T>[] = [];
      try {
        await policy.execute(async () => {
          const running = work();
          started.push(running);
          const verdict = await running.then(verdictOf, (): Verdict => 'undecided');
          // What is thrown leaves a closed policy as it is, but would close a half-open one.
          if (verdict === 'undecided' && !isProbe) throw new NothingLearnt();
          return verdict;
        });
      } catch (error) {
        if (!(error instanceof BrokenCircuitError || error instanceof NothingLearnt)) throw error;
      }
      const [running] = started;
      if (running !== undefined) return { kind: 'ran', answer: await running };
      const leftMs = Math.min(probeAt - Date.now(), halfOpenAfterMs);
      return { kind: 'refused', retryAfterMs: Math.max(leftMs, minRetryAfterMs) };
    },
  };
}

class NothingLearnt extends Error {}
