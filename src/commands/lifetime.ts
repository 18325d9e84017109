import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';

export interface Lifetime {
  /** Registers how a part ends. Parts end one by one, the last registered first. */
  onClose(name: string, close: () => Promise<void>): void;
  /** Ends the process as a signal would; exit code 1 with an error. */
  end(error?: Error): void;
}

/** The one owner of signals and crashes: whatever ends the process, everything that was started is ended in order. */
export function startLifetime(log: Logger, deadlineMs: number): Lifetime {
  const parts: { name: string; close: () => Promise<void> }[] = [];

  const grace = closeWithGrace({ delay: deadlineMs, logger: log }, async ({ signal, err }) => {
    if (err !== undefined) log.fatal({ err }, 'ending after an error');
    else log.info({ signal }, 'ending');
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      const { name } = part;
      await part.close().catch((error: unknown) => log.error({ part: name, err: error }, 'a part did not end cleanly'));
      log.info({ part: name }, 'ended');
    }
  });

  return {
    onClose: (name, close) => void parts.push({ name, close }),
    end: (error) => {
      // Through the same handler as a crash, so that the exit code says what happened.
      if (error !== undefined) process.emit('uncaughtException', error);
      else grace.close();
    },
  };
}
