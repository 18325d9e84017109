import { setTimeout as sleep } from 'node:timers/promises';

export interface WatchedServer {
  pid: number;
  logFile: string;
  isRunning(): Promise<boolean>;
}

const LOOK_EVERY_MS = 500;

/** Fails if a server ends before the signal aborts: everything else needs it, and nothing else would report it. */
export function watchServer(
  name: string,
  server: WatchedServer,
  signal: AbortSignal,
  fail: (error: Error) => void,
): void {
  void watch().catch(fail);

  async function watch(): Promise<void> {
    while (!signal.aborted && (await server.isRunning())) {
      await sleep(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => {});
    }
    if (signal.aborted) return;
    throw new Error(`${name} (process ${server.pid}) has ended unexpectedly; see ${server.logFile}`);
  }
}
