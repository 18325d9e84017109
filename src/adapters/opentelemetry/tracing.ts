// Tracing: its setup, and the spans of requests, calls and workflows. Never personal data.

import { context, diag, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { envDetectorSync, Resource, serviceInstanceIdDetectorSync } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { makeWorkflowExporter, OpenTelemetryWorkflowClientInterceptor } from '@temporalio/interceptors-opentelemetry';
import pTimeout from 'p-timeout';
import { traceCall } from './call-spans.js';
import { reportFaults, type TracingLog } from './report-faults.js';
import { traceRequest } from './request-spans.js';
import { activitySpans, tidying } from './workflow-spans.js';

const FLUSH_MS = 5_000;

export type Tracing = ReturnType<typeof startTracing>;

/**
 * Sets up OpenTelemetry for this process, from the OTEL_ variables that its library reads: endpoint and headers of the
 * collector, sampler, resource, limits of the queue. Call it once. Spans that cannot be exported are dropped.
 */
export function startTracing() {
  const early: Parameters<TracingLog['warn']>[] = [];
  let log: TracingLog = { warn: (...line) => void early.push(line) };
  reportFaults({ warn: (...line) => log.warn(...line) });

  const resource = Resource.default()
    .merge(new Resource({ 'service.name': 'holdfast' }))
    .merge(serviceInstanceIdDetectorSync.detect())
    .merge(envDetectorSync.detect());
  const processor = new BatchSpanProcessor(tidying(new OTLPTraceExporter()));
  const provider = new NodeTracerProvider({ resource, spanProcessors: [processor], mergeResourceWithDefaults: false });
  // Without baggage: a caller's baggage is not meant for the payment gateway.
  provider.register({ propagator: new W3CTraceContextPropagator() });

  return {
    traceRequest,
    traceCall,
    clientInterceptors: [new OpenTelemetryWorkflowClientInterceptor()],
    activityInterceptors: activitySpans,
    /** Exports the spans of workflows, except during a replay, which has exported them before. */
    workflowSinks: { exporter: makeWorkflowExporter(processor, resource) },
    /** The fields that link a log line to its trace. */
    logFields(): { trace_id?: string; span_id?: string } {
      const span = trace.getSpanContext(context.active());
      return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
    },
    /** Reports faults here from now on, including earlier ones. */
    reportTo(to: TracingLog): void {
      log = to;
      for (const line of early.splice(0)) to.warn(...line);
    },
    /** Sends the remaining spans, for a few seconds at most. */
    async close(): Promise<void> {
      await pTimeout(provider.shutdown(), { milliseconds: FLUSH_MS }).catch((error: unknown) =>
        diag.warn(String(error)),
      );
    },
  };
}
