import { setTimeout as sleep } from 'node:timers/promises';
import { createInternalApp } from '../../api/serving/internal.js';
import { createReadiness, type ReadinessGauge } from '../../api/serving/readiness.js';
import { serveHttp } from '../../api/serving/serve-http.js';
import type { RoleParts } from './role-parts.js';

/** Opens the port for probes and metrics. Call it first: it answers until everything else has ended. */
export async function openInternalPort(
  parts: Pick<RoleParts, 'config' | 'log' | 'lifetime' | 'metrics'>,
): Promise<ReadinessGauge> {
  const { config, log, lifetime, metrics } = parts;
  const readiness = createReadiness({
    onChange: (answer, errors) => {
      if (answer.status === 'not ready') log.warn({ ...answer, errors }, 'not ready');
      else log.info({ status: answer.status }, 'readiness changed');
    },
  });
  const app = createInternalApp({ readiness, metrics: () => metrics.text(), log });
  const server = await serveHttp(app, {
    host: config.INTERNAL_HOST,
    port: config.INTERNAL_PORT,
    variable: 'INTERNAL_PORT',
  });
  lifetime.onClose('internal port', () => server.close(0));
  return readiness;
}

/** Reports ready now, and not ready before anything else ends. Call it last. */
export function announce({ config, lifetime, readiness }: Pick<RoleParts, 'config' | 'lifetime' | 'readiness'>): void {
  readiness.started();
  lifetime.onClose('readiness', async () => {
    readiness.drain();
    await sleep(config.DRAIN_DELAY_MS);
  });
}
