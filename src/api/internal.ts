import { Hono } from 'hono';
import { requestId } from 'hono/request-id';
import { Problem, problemResponse } from './problems.js';
import type { ReadinessGauge } from './readiness.js';

export interface InternalPort {
  readiness: Pick<ReadinessGauge, 'read'>;
  /** All metrics, in the text format of Prometheus. */
  metrics(): Promise<string>;
}

/** The internal port: liveness and readiness, for orchestrators and load balancers, and metrics. */
export function createInternalApp({ readiness, metrics }: InternalPort) {
  const app = new Hono();

  app.use(requestId());
  app.use(async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
  });

  app.get('/healthz', (c) => c.json({ status: 'ok' }));

  app.get('/readyz', async (c) => {
    const answer = await readiness.read();
    return c.json(answer, answer.status === 'ready' ? 200 : 503);
  });

  app.get('/metrics', async (c) =>
    c.body(await metrics(), 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }),
  );

  app.notFound((c) => problemResponse(c, new Problem('not-found', 'Ask for /healthz, /readyz or /metrics.')));
  app.onError((_error, c) => problemResponse(c, new Problem('internal-error', 'This could not be put together.')));
  return app;
}
