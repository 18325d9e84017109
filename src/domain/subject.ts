/** What something is about, under the names that log lines and traces use. */
export interface Subject {
  order_id?: string;
  request_id?: string;
}

/** What the input of a workflow or an activity is about: it is an order, contains one as `order`, or names one. */
export function subjectOf(input: unknown): Subject {
  if (typeof input !== 'object' || input === null) return {};
  const order: unknown = 'order' in input ? input.order : undefined;
  const about = typeof order === 'object' && order !== null ? order : input;
  return {
    ...('orderId' in about && typeof about.orderId === 'string' ? { order_id: about.orderId } : {}),
    ...('requestId' in about && typeof about.requestId === 'string' ? { request_id: about.requestId } : {}),
  };
}
