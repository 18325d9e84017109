import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/** Puts the order's id and its request's id on every line that an activity logs, from what the activity works on. */
export const activityLogAttributes: ActivityInterceptorsFactory = () => {
  let attributes: Record<string, string> = {};
  return {
    inbound: {
      execute: async (input, next) => {
        attributes = attributesOf(input.args[0]);
        return next(input);
      },
    },
    outbound: {
      getLogAttributes: (input, next) => next({ ...input, ...attributes }),
    },
  };
};

function attributesOf(argument: unknown): Record<string, string> {
  if (typeof argument !== 'object' || argument === null) return {};
  const { order } = argument as { order?: unknown };
  const { orderId, requestId } = (typeof order === 'object' && order !== null ? order : argument) as {
    orderId?: unknown;
    requestId?: unknown;
  };
  return {
    ...(typeof orderId === 'string' ? { order_id: orderId } : {}),
    ...(typeof requestId === 'string' ? { request_id: requestId } : {}),
  };
}
