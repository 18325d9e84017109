import type { DeadLetterKind } from './dead-letter.js';

export const FAILURE_REASONS = [
  'out_of_stock',
  'fraud_rejected',
  'payment_declined',
  'payment_unavailable',
  'payment_mismatch',
  'inventory_unavailable',
  'expired',
] as const;

export type FailureReason = (typeof FAILURE_REASONS)[number];

/**
 * The failures that only faults caused, with the dead letter that each one opens: redriving it sends the order through
 * again. Every other failure is final.
 */
export const REDRIVABLE: Readonly<Partial<Record<FailureReason, DeadLetterKind>>> = {
  payment_unavailable: 'charge',
  inventory_unavailable: 'reserve',
};

export type OrderStep = 'screen' | 'reserve' | 'charge';

/** Why an order failed, in words that the shop may see. */
export interface Failure {
  step: OrderStep;
  reason: FailureReason;
  detail: string;
}
