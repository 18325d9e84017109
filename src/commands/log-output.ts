import { write, writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

export interface LogOutputOptions {
  /** An open file, or standard output. */
  fd: number;
  /** Its name in messages. */
  name: string;
  /** Reports once that lines cannot be written, and once that they are written again. */
  warn: (line: string) => void;
}

// How much may wait for a slow or full disk; more is dropped and counted.
const MOST_WAITING = 1_048_576;
const RETRY_MS = 1_000;
const BUSY_MS = 50;

/**
 * Writes log lines in order, many at a time, without blocking the process. A full disk loses lines but never ends the
 * process: writing is retried, and lost lines are counted.
 */
export function logOutput({ fd, name, warn }: LogOutputOptions): DestinationStream {
  let waiting: string[] = [];
  let waitingLength = 0;
  let batch = Buffer.alloc(0);
  let isWriting = false;
  let retry: NodeJS.Timeout | undefined;
  let lost = 0;
  let isBroken = false;
  let isClosed = false;

  const take = () => {
    if (batch.length > 0) return;
    batch = Buffer.from(waiting.join(''));
    waiting = [];
    waitingLength = 0;
  };

  const pump = () => {
    retry = undefined;
    take();
    if (batch.length === 0 || isClosed) return;
    isWriting = true;
    write(fd, batch, (error, written) => {
      isWriting = false;
      if (error === null) onWritten(written);
      else onError(error);
    });
  };

  const onWritten = (written: number) => {
    batch = batch.subarray(written);
    if (isBroken) {
      isBroken = false;
      warn(`! ${name} is written again${lost === 0 ? '' : `; ${lost} lines were lost`}`);
      lost = 0;
    }
    pump();
  };

  const onError = ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EAGAIN') return later(BUSY_MS);
    // Nothing reads the output any more.
    if (code === 'EPIPE') isClosed = true;
    if (!isBroken) warn(`✖ ${name} cannot be written: ${message}`);
    isBroken = true;
    later(RETRY_MS);
  };

  const later = (ms: number) => {
    retry = setTimeout(pump, ms).unref();
  };

  process.once('exit', () => {
    try {
      // The system finishes the write in progress.
      if (!isWriting && batch.length > 0) writeSync(fd, batch);
      batch = Buffer.alloc(0);
      take();
      if (!isClosed && batch.length > 0) writeSync(fd, batch);
    } catch {
      // There is no space, and nothing left to report it to.
    }
  });

  return {
    write(line) {
      if (isClosed) return;
      if (waitingLength + line.length > MOST_WAITING) {
        lost += 1;
        return;
      }
      waiting.push(line);
      waitingLength += line.length;
      if (!isWriting && retry === undefined) pump();
    },
  };
}
