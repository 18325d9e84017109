// The command line: each command connects the other parts and stops them in order.
// Never a rule about orders.

import pTimeout from 'p-timeout';
import type { Logger } from 'pino';

/** What `Lifetime.start` starts. */
export interface Part {
  stop(): Promise<void>;
}

export interface Lifetime {
  /** Aborts when the shutdown begins: anything that is still starting should stop and throw the reason. */
  readonly signal: AbortSignal;
  /** Registers how a part ends. Parts end one by one, last registered first. */
  onClose(name: string, close: () => Promise<void>): void;
  /**
   * Starts a part and registers it first, so that a shutdown during its start waits for it and stops it.
   * @throws whatever `start` throws; the reason of `signal` if the shutdown has begun
   */
  start<P extends Part>(name: string, start: (signal: AbortSignal) => Promise<P>): Promise<P>;
  /** Ends the process as a signal would; exit code 1 with an error. */
  end(error?: Error): void;
}

export interface LifetimeOptions {
  log: Logger;
  /** The longest that one part may take to end. The others are stopped even if it does not. */
  partDeadlineMs: number;
  /** Called when a signal arrives during the shutdown. */
  onImpatience?: (part: string) => void;
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/**
 * The only owner of signals and crashes: no matter what ends the process, everything that was started is stopped in
 * order.
 */
export function startLifetime({ log, partDeadlineMs, onImpatience = () => {} }: LifetimeOptions): Lifetime {
  const parts: { name: string; close: () => Promise<void> }[] = [];
  const ending = new AbortController();
  let current = '';
  let exitCode = 0;

  const closeAll = async () => {
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      const { name, close } = part;
      current = name;
      const message = `it did not end within ${partDeadlineMs} ms`;
      const closing = pTimeout(Promise.resolve().then(close), { milliseconds: partDeadlineMs, message });
      await closing.catch((error: unknown) => log.error({ part: name, err: error }, 'a part did not end cleanly'));
      log.info({ part: name }, 'ended');
    }
  };

  const begin = () => {
    ending.abort(new Error('the process is ending'));
    void closeAll().finally(() => process.exit(exitCode));
  };

  // A terminal and npm both pass Ctrl-C on, so a second signal alone means nothing, and must not interrupt the drain.
  const onSignal = (signal: NodeJS.Signals) => {
    log.info({ signal }, 'ending');
    if (ending.signal.aborted) onImpatience(current);
    else begin();
  };
  const end = (error?: Error) => {
    if (error !== undefined) {
      exitCode = 1;
      log.fatal({ err: error }, 'ending after an error');
    }
    if (!ending.signal.aborted) begin();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.on('uncaughtException', end);
  process.on('unhandledRejection', (reason) => end(reason instanceof Error ? reason : new Error(String(reason))));

  const onClose: Lifetime['onClose'] = (name, close) => void parts.push({ name, close });
  return {
    signal: ending.signal,
    onClose,
    async start(name, start) {
      ending.signal.throwIfAborted();
      const starting = start(ending.signal);
      onClose(name, async () => (await starting.catch(() => undefined))?.stop());
      return starting;
    },
    end,
  };
}
