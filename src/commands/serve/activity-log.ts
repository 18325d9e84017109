import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { subjectOf, type Subject } from '../../domain/subject.js';

/** Puts the order's id and its request's id on every line that an activity logs, from what the activity works on. */
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
