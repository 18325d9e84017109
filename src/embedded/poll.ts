import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 20;

/**
 * Polls until there is an answer; undefined if none came within the deadline.
 * @throws the reason of the signal, once it is aborted
 */
export async function poll<T>(
  deadlineMs: number,
  look: () => Promise<T | undefined>,
  signal?: AbortSignal,
): Promise<T | undefined> {
  const giveUpAt = Date.now() + deadlineMs;
  for (;;) {
    signal?.throwIfAborted();
    const answer = await look();
    if (answer !== undefined || Date.now() >= giveUpAt) return answer;
    await sleep(PAUSE_MS);
  }
}
