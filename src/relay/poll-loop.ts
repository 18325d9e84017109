import { createWakeSignal } from './wake-signal.js';

export interface Rounds {
  /** Ends the pause: there may be something to do. */
  wake(): void;
  /** Begins no further round and waits for the one in progress. */
  stop(): Promise<void>;
}

/** Repeats a piece of work; each round decides how long it waits for a signal. */
export function startRounds(
  round: (wait: (ms: number) => Promise<unknown>, ending: AbortSignal) => Promise<void>,
): Rounds {
  const wakeSignal = createWakeSignal();
  const ending = new AbortController();
  const stopped = run();
  return {
    wake: wakeSignal.wake,
    async stop() {
      ending.abort();
      wakeSignal.wake();
      await stopped;
    },
  };

  async function run(): Promise<void> {
    while (!ending.signal.aborted) await round(wakeSignal.wait, ending.signal);
  }
}
