/** The transitions of a charge attempt. A capture is always believed: money is a fact. */
export const ATTEMPT_TRANSITIONS = {
  created: ['sent', 'not_charged', 'captured'],
  sent: ['created', 'unknown', 'captured', 'declined', 'not_charged'],
  unknown: ['sent', 'captured', 'declined', 'not_charged'],
  captured: [],
  declined: ['captured'],
  not_charged: ['captured'],
} as const satisfies Record<string, readonly string[]>;

export type AttemptState = keyof typeof ATTEMPT_TRANSITIONS;

/**
 * The transitions of a refund. Banks return refunds late; a refused one may be redriven under a new key, and one that
 * never arrived is sent again under its own.
 */
export const REFUND_TRANSITIONS = {
  pending: ['succeeded', 'failed', 'unknown'],
  unknown: ['succeeded', 'failed', 'pending'],
  succeeded: ['failed'],
  failed: ['pending', 'succeeded'],
} as const satisfies Record<string, readonly string[]>;

export type RefundState = keyof typeof REFUND_TRANSITIONS;
