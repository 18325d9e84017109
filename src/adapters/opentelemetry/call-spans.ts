import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { CallTracer } from '../gateways/exchange.js';

/** A span for one call to the payment gateway, which receives the trace. A negative answer is not an error. */
export const traceCall: CallTracer = ({ method, url, route, gateway }, send) => {
  const { hostname, port, protocol, href } = new URL(url);
  const attributes = {
    'http.request.method': method,
    'url.full': href,
    'url.template': route,
    'server.address': hostname,
    'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
    gateway,
  };
  const options = { kind: SpanKind.CLIENT, attributes };
  return trace.getTracer('holdfast').startActiveSpan(`${method} ${route}`, options, async (span) => {
    try {
      const headers: Record<string, string> = {};
      propagation.inject(context.active(), headers);
      const sent = await send(headers);
      if (sent.kind !== 'answered') {
        span.setAttribute('error.type', sent.kind);
        span.setStatus({ code: SpanStatusCode.ERROR, message: sent.reason });
        return sent;
      }
      span.setAttribute('http.response.status_code', sent.status);
      if (sent.status >= 500 || sent.status === 429) {
        span.setAttribute('error.type', String(sent.status));
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      return sent;
    } finally {
      span.end();
    }
  });
};
