import { once } from 'node:events';
import { createServer } from 'node:net';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { SDK } from '../logger.js';

const SCRAPE_MS = 2_000;

// Durations of orders in seconds, from the happy path to reviews and outages.
const SETTLE_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 86_400];

/**
 * Sets up Temporal's SDK for this process: it writes to our log, leaves signals to us and keeps metrics. Call it
 * once, before the first connection.
 * @returns the metrics of the SDK, of workflows and of activities, in the text format of Prometheus
 */
export async function installSdkRuntime(log: Logger): Promise<() => Promise<string>> {
  const address = `127.0.0.1:${await freePort()}`;
  Runtime.install({
    shutdownSignals: [],
    // Below INFO, the SDK logs the inputs of workflows and activities, including customers.
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      const fields = { ...snakeCased(meta), component: SDK };
      if (level === 'ERROR') log.error(fields, message);
      else if (level === 'WARN') log.warn(fields, message);
      else log.debug(fields, message);
    }),
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      metrics: {
        prometheus: {
          bindAddress: address,
          countersTotalSuffix: true,
          useSecondsForDurations: true,
          histogramBucketOverrides: { holdfast_order_settle_seconds: SETTLE_BUCKETS },
        },
      },
    },
  });
  return async () => {
    const response = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(SCRAPE_MS) });
    if (!response.ok) throw new Error(`the SDK's metrics answered ${response.status}`);
    return response.text();
  };
}

/** The SDK does not report which port it was given, so it cannot be asked for any free one. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
}

/** One spelling for all log lines. The log knows the format of errors only, so they are all named `err`. */
function snakeCased(meta: Record<string | symbol, unknown> = {}): Record<string, unknown> {
  const snake = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(
    Object.entries(meta).map(([name, value]) => (value instanceof Error ? ['err', value] : [snake(name), value])),
  );
}
