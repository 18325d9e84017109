import type { FailureReason, OrderStep } from '../domain/failure.js';
import type { OrderOutcome, Undone } from '../domain/order.js';

export const confirmed: OrderOutcome = { status: 'confirmed' };
export const superseded: OrderOutcome = { status: 'superseded' };

export function failed(step: OrderStep, reason: FailureReason, detail: string): Undone {
  return { status: 'failed', failure: { step, reason, detail } };
}
