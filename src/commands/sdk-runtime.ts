import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { freePort } from '../embedded/ports.js';

const SCRAPE_MS = 2_000;

// What orders take, in seconds: from the happy path to reviews and outages.
const SETTLE_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 86_400];

/**
 * Sets up Temporal's SDK for this process: it logs into our log, leaves signals to us and keeps metrics. To be called
 * once, before the first connection.
 * @returns the metrics of the SDK, of workflows and of activities, in the text format of Prometheus
 */
export async function installSdkRuntime(log: Logger): Promise<() => Promise<string>> {
  const address = `127.0.0.1:${await freePort()}`;
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      const fields = { component: 'temporal', ...meta };
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
