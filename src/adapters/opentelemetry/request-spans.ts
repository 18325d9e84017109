import { propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';

export interface IncomingRequest {
  method: string;
  /** Only the headers of a trace: `traceparent` and `tracestate`. */
  traceHeaders: Record<string, string>;
}

export interface AnsweredRequest {
  method: string;
  route: string;
  path: string;
  status: number;
  requestId: string;
  orderId?: string;
  error?: Error;
}

/** Handles a request within a span that continues the caller's trace. It contains no queries, headers or bodies. */
export async function traceRequest<A extends AnsweredRequest>(
  { method, traceHeaders }: IncomingRequest,
  answer: () => Promise<A>,
): Promise<A> {
  const caller = propagation.extract(ROOT_CONTEXT, traceHeaders);
  const options = { kind: SpanKind.SERVER, attributes: { 'url.scheme': 'http' } };
  return trace.getTracer('holdfast').startActiveSpan(method, options, caller, async (span) => {
    try {
      const answered = await answer();
      const isMatched = answered.route !== 'unmatched';
      const isKnown = answered.method !== 'other';
      span.updateName([isKnown ? answered.method : 'HTTP', ...(isMatched ? [answered.route] : [])].join(' '));
      span.setAttributes({
        ...requestAttributes(answered),
        ...(isMatched ? { 'http.route': answered.route, 'url.path': answered.path } : {}),
        'http.request.method': isKnown ? answered.method : '_OTHER',
      });
      if (answered.status >= 500) {
        const { error } = answered;
        if (error !== undefined) span.recordException(error.cause instanceof Error ? error.cause : error);
        span.setAttribute('error.type', error?.name ?? String(answered.status));
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      return answered;
    } finally {
      span.end();
    }
  });
}

function requestAttributes({ status, requestId, orderId }: AnsweredRequest): Attributes {
  return {
    'http.response.status_code': status,
    request_id: requestId,
    ...(orderId === undefined ? {} : { order_id: orderId }),
  };
}
