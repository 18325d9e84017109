import { Hono } from 'hono';
import { requestId } from 'hono/request-id';
import { Problem, problemResponse } from './problems.js';

export interface Health {
  /** Each part by name, with a probe that resolves when it works. */
  checks: Record<string, () => Promise<void>>;
  isDraining(): boolean;
  /** All metrics, in the text format of Prometheus. */
  metrics(): Promise<string>;
}

/** The internal port: liveness and readiness, for orchestrators and load balancers. */
export function createInternalApp({ checks, isDraining, metrics }: Health) {
  const app = new Hono();

  app.use(requestId());

  app.get('/healthz', (c) => c.json({ status: 'ok' }));

  app.get('/readyz', async (c) => {
    if (isDraining()) return c.json({ status: 'draining' }, 503);
    const names = Object.keys(checks);
    const results = await Promise.allSettled(Object.values(checks).map((check) => check()));
    const parts = Object.fromEntries(
      names.map((name, i) => [name, results[i]?.status === 'fulfilled' ? 'ok' : 'away'] as const),
    );
    const ready = results.every((result) => result.status === 'fulfilled');
    return c.json({ status: ready ? 'ready' : 'not ready', parts }, ready ? 200 : 503);
  });

  app.get('/metrics', async (c) =>
    c.body(await metrics(), 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }),
  );

  app.notFound((c) => problemResponse(c, new Problem('not-found', 'Ask for /healthz, /readyz or /metrics.')));
  app.onError((_error, c) => problemResponse(c, new Problem('internal-error', 'This could not be put together.')));
  return app;
}
