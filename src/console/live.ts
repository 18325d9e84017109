import type { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { ApiLog } from '../api/requests/api-log.js';
import type { StatsReader } from '../api/stats.js';
import { ORDER_ID_PATTERN } from '../domain/ids.js';
import { isSettled } from '../domain/order.js';
import { PageFault, type ConsoleEnv } from './console-env.js';
import type { ConsolePorts } from './ports.js';

type Listener = { changed(): void; end(): void };

const LOOK_EVERY_MS = 2_000;
const HEARTBEAT_MS = 15_000;
const MOST_LISTENERS = 200;

export type Ticker = ReturnType<typeof createTicker>;

/** Tells all open pages of this process that the numbers have changed: one query every two seconds, and none without pages. */
export function createTicker(stats: StatsReader, log: ApiLog, everyMs: number = LOOK_EVERY_MS) {
  const listeners = new Set<Listener>();
  let timer: NodeJS.Timeout | undefined;
  let seen: string | undefined;
  let isClosed = false;

  const look = async (): Promise<void> => {
    const { statusCounts, settledOrders, depths, gateway } = await stats.read();
    const now = JSON.stringify([statusCounts, settledOrders, depths, gateway]);
    if (now !== seen && seen !== undefined) for (const { changed } of listeners) changed();
    seen = now;
  };
  const lookOften = (): void => {
    timer ??= setTimeout(() => {
      look()
        .catch((err: unknown) => log.warn({ err }, 'the console could not look for changes'))
        .finally(() => {
          timer = undefined;
          if (listeners.size > 0 && !isClosed) lookOften();
        });
    }, everyMs).unref();
  };

  return {
    /** @returns how to stop, or undefined when there are too many pages or the process is draining */
    listen(listener: Listener): (() => void) | undefined {
      if (isClosed || listeners.size >= MOST_LISTENERS) return undefined;
      if (listeners.size === 0) seen = undefined;
      listeners.add(listener);
      lookOften();
      return () => void listeners.delete(listener);
    },
    async close(): Promise<void> {
      isClosed = true;
      clearTimeout(timer);
      for (const { end } of listeners) end();
    },
  };
}

/** Streams that only say that a page has changed: what it shows is made in one place, the page. */
export function addLiveStreams(app: Hono<ConsoleEnv>, { followers }: ConsolePorts, ticker: Ticker): void {
  app.get('/console/live', (c) => follow(c, (changed, end) => ticker.listen({ changed, end })));

  app.get('/console/orders/:id/live', (c) => {
    const { id } = c.req.param();
    if (!ORDER_ID_PATTERN.test(id)) throw new PageFault(404, 'There is no such order.');
    const after = Number(/^\d{1,9}$/.exec(c.req.query('after') ?? '')?.[0] ?? 0);
    return follow(c, (changed, end) =>
      followers.follow(id, after, {
        hear: (_events, status) => {
          changed();
          if (isSettled(status)) end();
        },
        wait: () => changed(),
        end,
      }),
    );
  });
}

type Context = Parameters<typeof streamSSE>[0];

function follow(c: Context, join: (changed: () => void, end: () => void) => (() => void) | undefined) {
  return streamSSE(c, async (stream) => {
    let isOver = false;
    let hasChanged = false;
    let wake = (): void => {};
    const leave = join(
      () => ((hasChanged = true), wake()),
      () => ((isOver = true), wake()),
    );
    if (leave === undefined) return;
    stream.onAbort(() => ((isOver = true), wake()));
    try {
      await stream.write('retry: 2000\n\n');
      for (;;) {
        if (hasChanged) await stream.writeSSE({ event: 'changed', data: '' });
        hasChanged = false;
        if (isOver || stream.aborted) break;
        const changed = await untilWoken((resume) => (wake = resume));
        if (!changed) await stream.write(': still here\n\n');
      }
      await stream.writeSSE({ event: 'done', data: '' });
    } finally {
      leave();
    }
  });
}

/** Whether something happened before the heartbeat was due. */
function untilWoken(setWake: (resume: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), HEARTBEAT_MS).unref();
    setWake(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
