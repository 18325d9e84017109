import { trace } from '@opentelemetry/api';
import { defaultPayloadConverter } from '@temporalio/common';
import { TRACE_HEADER } from '@temporalio/interceptors-opentelemetry/lib/instrumentation.js';
import {
  OpenTelemetryInboundInterceptor,
  OpenTelemetryInternalsInterceptor,
  OpenTelemetryOutboundInterceptor,
} from '@temporalio/interceptors-opentelemetry/lib/workflow/index.js';
import type { WorkflowInboundCallsInterceptor, WorkflowInterceptors } from '@temporalio/workflow';
import { subjectOf } from '../../domain/subject.js';

const NOT_SAMPLED = { traceparent: `00-${'1'.repeat(32)}-${'1'.repeat(16)}-00` };

/**
 * Sampling is decided outside of workflows; a workflow that a schedule starts has no such decision and is not traced.
 */
const onlyInATrace: WorkflowInboundCallsInterceptor = {
  execute: (input, next) => {
    if (input.headers[TRACE_HEADER] !== undefined) return next(input);
    const none = defaultPayloadConverter.toPayload(NOT_SAMPLED);
    return next({ ...input, headers: { ...input.headers, [TRACE_HEADER]: none } });
  },
};

const withSubject: WorkflowInboundCallsInterceptor = {
  execute: (input, next) => {
    trace.getActiveSpan()?.setAttributes({ ...subjectOf(input.args[0]) });
    return next(input);
  },
};

/**
 * In the bundle that workers load when tracing is on: a span for each workflow and for each activity that it starts.
 */
export const interceptors = (): WorkflowInterceptors => ({
  inbound: [onlyInATrace, new OpenTelemetryInboundInterceptor(), withSubject],
  outbound: [new OpenTelemetryOutboundInterceptor()],
  internals: [new OpenTelemetryInternalsInterceptor()],
});
