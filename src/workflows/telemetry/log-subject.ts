// What people see of a running workflow: logs, spans, metrics, and what it is waiting for.
// Nothing here changes what a workflow does.

import type { WorkflowInterceptors } from '@temporalio/workflow';
import { subjectOf, type Subject } from '../../domain/subject.js';

/** Adds the order's id and its request's id to every log line of a workflow. */
export function interceptors(): WorkflowInterceptors {
  let subject: Subject = {};
  return {
    inbound: [
      {
        // Not async: another promise would change the order of commands in open workflows.
        execute: (input, next) => {
          subject = subjectOf(input.args[0]);
          return next(input);
        },
      },
    ],
    outbound: [{ getLogAttributes: (input, next) => next({ ...input, ...subject }) }],
  };
}
