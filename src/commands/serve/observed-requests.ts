import type { Logger } from 'pino';
import type { Metrics } from '../../adapters/prometheus/metrics.js';
import { Problem } from '../../api/requests/problems.js';
import type { RequestObserver } from '../../api/requests/request-observer.js';

/**
 * Counts each request and logs one line about it: its API key, and its problem, if any. Never its
 * query, headers or body.
 */
export function observedRequests(metrics: Metrics, log: Logger): RequestObserver {
  return (request) => {
    metrics.observeRequest(request);
    const { method, route, status, seconds, requestId, orderId, keyId, error } = request;
    const ms = Math.round(seconds * 1000);
    const problem = error instanceof Problem ? error.code : undefined;
    const subject = { request_id: requestId, order_id: orderId, key_id: keyId };
    log.info({ ...subject, method, route, status, problem, ms }, 'answered');
  };
}
