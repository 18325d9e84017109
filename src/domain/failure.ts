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

export type OrderStep = 'screen' | 'reserve' | 'charge';

/** Why an order failed, in words that may be shown to the shop. */
export interface Failure {
  step: OrderStep;
  reason: FailureReason;
  detail: string;
}
