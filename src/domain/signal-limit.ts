// The wording of a Temporal server.
const LIMIT = /limit for signal events/;

/** Whether a signal was refused because the workflow has received too many: a new run has to replace it. */
export function isSignalLimit(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const details = 'details' in error && typeof error.details === 'string' ? error.details : '';
  return LIMIT.test(error.message) || LIMIT.test(details) || isSignalLimit(error.cause);
}
