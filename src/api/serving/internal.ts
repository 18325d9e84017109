import { Hono } from 'hono';
import { requestId } from 'hono/request-id';
import type { ApiLog } from '../requests/api-log.js';
import { Problem, problemResponse } from '../requests/problems.js';
import type { ReadinessGauge } from './readiness.js';

export interface InternalPort {
  readiness: Pick<ReadinessGauge, 'read'>;
  /** All metrics, in the text format of Prometheus. */
  metrics(): Promise<string>;
  log: ApiLog;
}

const PATHS = ['/healthz', '/readyz', '/metrics'];
const ALLOW = 'GET, HEAD';

/** The internal port: liveness and readiness, for orchestrators and load balancers, and metrics. */
export function createInternalApp({ readiness, metrics, log }: InternalPort) {
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

  app.notFound((c) => {
    const { method, path } = c.req;
    if (!PATHS.includes(path) || ALLOW.split(', ').includes(method)) {
      return problemResponse(c, new Problem('not-found', `Ask for ${PATHS.join(', ')}.`));
    }
    const detail = `${path} answers to ${ALLOW}.`;
    return problemResponse(c, new Problem('method-not-allowed', detail, {}, { Allow: ALLOW }));
  });
  app.onError((err, c) => {
    log.error({ request_id: c.get('requestId'), path: c.req.path, err }, 'a request of the internal port failed');
    return problemResponse(c, new Problem('internal-error', 'The fault was logged under this request_id.'));
  });
  return app;
}
