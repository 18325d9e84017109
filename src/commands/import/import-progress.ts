import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  update(now: { bytes: number; lines: number; failed: number }): void;
  stop(): void;
}

const EVERY_LINES = 10_000;

/** A bar on a terminal if the size is known; otherwise a line from time to time. */
export function startProgress(stream: NodeJS.WriteStream, totalBytes: number | undefined): Progress {
  if (stream.isTTY && totalBytes !== undefined) return bar(stream, totalBytes);
  let said = 0;
  return {
    update({ lines, failed }) {
      if (lines - said < EVERY_LINES) return;
      said = lines - (lines % EVERY_LINES);
      stream.write(`${lines} lines, ${failed} failed\n`);
    },
    stop: () => {},
  };
}

function bar(stream: NodeJS.WriteStream, totalBytes: number): Progress {
  const format = 'importing {bar} {percentage}% | {lines} lines | {failed} failed | {eta_formatted} left';
  const single = new SingleBar({ stream, format, clearOnComplete: true, hideCursor: true }, Presets.shades_classic);
  single.start(totalBytes, 0, { lines: 0, failed: 0 });
  return {
    update: ({ bytes, ...facts }) => single.update(Math.min(bytes, totalBytes), facts),
    stop: () => single.stop(),
  };
}
