import type { OrderOutcome } from '../../domain/order.js';
import { failed, superseded } from './endings.js';
import { isExhausted } from '../retrying/optimistic.js';
import type { OrderSteps } from './order-steps.js';

/** Reserves the order's stock, or says how the order ends without it. */
export async function reserve(steps: OrderSteps): Promise<'reserved' | OrderOutcome> {
  const { order, owner, policy } = steps;
  const input = { order, owner, ttlMs: policy.reservationTtlMs };
  const outcome = await steps.limited('reserveInventory', input).catch((error: unknown): { kind: 'unavailable' } => {
    if (!isExhausted(error)) throw error;
    return { kind: 'unavailable' };
  });
  switch (outcome.kind) {
    case 'reserved':
      return 'reserved';
    case 'superseded':
      return superseded;
    case 'undoing':
      return outcome.ending;
    case 'unavailable':
      return failed('reserve', 'inventory_unavailable', 'the stock could not be reserved');
    case 'out_of_stock': {
      const short = outcome.shortages.map((s) => `${s.sku}: ${s.requested} wanted, ${s.available} left`);
      return failed('reserve', 'out_of_stock', short.join('; '));
    }
  }
}
