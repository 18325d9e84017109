import type { FailureReason, OrderStep } from '../../domain/failure.js';
import type { OrderOutcome, Undone } from '../../domain/order.js';

export const confirmed: OrderOutcome = { status: 'confirmed' };
export const superseded: OrderOutcome = { status: 'superseded' };

export function failed(step: OrderStep, reason: FailureReason, detail: string): Undone {
  return { status: 'failed', failure: { step, reason, detail } };
}

export function declined({ code }: { code: string }): Undone {
  return failed('charge', 'payment_declined', code);
}

export function mismatched({ capturedMinor, currency }: { capturedMinor: number; currency: string }): Undone {
  return failed('charge', 'payment_mismatch', `${capturedMinor} ${currency} were captured`);
}
