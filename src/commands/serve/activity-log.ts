import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { subjectOf, type Subject } from '../../domain/subject.js';

/** Adds the order's id and its request's id to every log line of an activity, from its input. */
export const activityLogAttributes: ActivityInterceptorsFactory = () => {
  let subject: Subject = {};
  return {
    inbound: {
      execute: async (input, next) => {
        subject = subjectOf(input.args[0]);
        return next(input);
      },
    },
    outbound: {
      getLogAttributes: (input, next) => next({ ...input, ...subject }),
    },
  };
};
