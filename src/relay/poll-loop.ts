import { createBell } from './wake-signal.js';

export interface Rounds {
  /** Ends the pause: there may be something to do. */
  ring(): void;
  /** Begins no further round and waits for the one in progress. */
  stop(): Promise<void>;
}

/** Repeats a piece of work; each round decides how long it waits for a signal. */
export function startRounds(
  round: (wait: (ms: number) => Promise<unknown>, ending: AbortSignal) => Promise<void>,
): Rounds {
  const bell = createBell();
  const ending = new AbortController();
  const stopped = run();
  return {
    ring: bell.ring,
    async stop() {
      ending.abort();
      bell.ring();
      await stopped;
    },
  };

  async function run(): Promise<void> {
    while (!ending.signal.aborted) await round(bell.wait, ending.signal);
  }
}
