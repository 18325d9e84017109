import { SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import {
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryActivityOutboundInterceptor,
} from '@temporalio/interceptors-opentelemetry';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { subjectOf } from '../../domain/subject.js';

const FROM_WORKFLOWS = '@temporalio/interceptor-workflow';
// Temporal's interceptors add everything about a workflow to each of its spans, including memo and counters.
const TELLING = ['workflowId', 'runId', 'workflowType', 'order_id', 'request_id', 'temporalUpdateId'];
// A second start of an order, and signals to a workflow that has ended, are routine.
const EXPECTED = ['WorkflowExecutionAlreadyStartedError', 'WorkflowNotFoundError'];

/** A span for each try of an activity, local or not, within the span of its workflow. */
export const activitySpans: ActivityInterceptorsFactory[] = [
  (activity) => ({
    inbound: new OpenTelemetryActivityInboundInterceptor(activity),
    outbound: new OpenTelemetryActivityOutboundInterceptor(activity),
  }),
  ({ info }) => ({
    inbound: {
      execute: (input, next) => {
        trace.getActiveSpan()?.setAttributes({ ...subjectOf(input.args[0]), attempt: info.attempt });
        return next(input);
      },
    },
  }),
];

/** Exports spans without empty attributes, and without errors that are expected. */
export function tidying(exporter: SpanExporter): SpanExporter {
  return {
    export: (spans, done) => exporter.export(spans.map(tidied), done),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}

function tidied(span: ReadableSpan): ReadableSpan {
  const isFromWorkflow = span.instrumentationLibrary.name === FROM_WORKFLOWS;
  const isExpected = span.events.some(({ attributes }) => EXPECTED.includes(String(attributes?.['exception.type'])));
  if (!isFromWorkflow && !isExpected) return span;
  const attributes = Object.entries(span.attributes).filter(([name]) => !isFromWorkflow || TELLING.includes(name));
  const tidy: ReadableSpan = Object.create(span, {
    attributes: { value: Object.fromEntries(attributes) },
    status: { value: isExpected ? { code: SpanStatusCode.UNSET } : span.status },
  });
  return tidy;
}
