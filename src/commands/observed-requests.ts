import type { Logger } from 'pino';
import type { Metrics } from '../adapters/prometheus/metrics.js';
import type { RequestObserver } from '../api/request-observer.js';

/** Counts each answered request, and writes one line about it: never its query, headers or body. */
export function observedRequests(metrics: Metrics, log: Logger): RequestObserver {
  return (request) => {
    metrics.observeRequest(request);
    const { method, route, status, seconds, requestId, orderId } = request;
    const ms = Math.round(seconds * 1000);
    log.info({ request_id: requestId, order_id: orderId, method, route, status, ms }, 'answered');
  };
}
