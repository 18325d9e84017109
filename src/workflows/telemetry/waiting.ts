import { condition, getCurrentDetails, setCurrentDetails, sleep } from '@temporalio/workflow';

// Neither costs an event: the details are read by a query, and the summary travels with its timer. Nothing is awaited
// here beyond what the caller awaits, so that old histories replay.

/** Sleeps, and shows in the Temporal Web UI what for: `until …`. */
export function sleepFor(ms: number, what: string): Promise<void> {
  return shown(sleep(ms, { summary: what }), ms, what);
}

/** Waits for a condition, `ms` at most, and shows in the Temporal Web UI what for. @returns whether it was met */
export function waitFor(isSo: () => boolean, ms: number, what: string): Promise<boolean> {
  return shown(condition(isSo, ms, { summary: what }), ms, what);
}

function shown<T>(wait: Promise<T>, ms: number, what: string): Promise<T> {
  const text = `Waiting ${what}, at the latest at ${new Date(Date.now() + ms).toISOString()}`;
  setCurrentDetails(text);
  const clear = () => {
    if (getCurrentDetails() === text) setCurrentDetails('');
  };
  wait.then(clear, clear);
  return wait;
}
