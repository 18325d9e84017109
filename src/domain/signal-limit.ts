// As a Temporal server words it.
const LIMIT = /limit for signal events/;

/** Whether a workflow was refused a signal because it has had so many: another one has to take its place. */
export function isSignalLimit(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const details = 'details' in error && typeof error.details === 'string' ? error.details : '';
  return LIMIT.test(error.message) || LIMIT.test(details) || isSignalLimit(error.cause);
}
