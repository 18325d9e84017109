import type { AcceptedOrder } from '../domain/order.js';
import type { ScreenOutcome } from '../domain/outcomes.js';

/** A fraud check of the shop's choice. Throws when it cannot be asked; the step is then retried. */
export interface FraudCheck {
  readonly name: string;
  check(order: AcceptedOrder): Promise<{ verdict: 'allow' } | { verdict: 'reject'; detail: string }>;
}

export interface ScreenInput {
  order: AcceptedOrder;
  owner: string;
  checks: string[];
}

export type ScreeningActivities = ReturnType<typeof createScreeningActivities>;

export function createScreeningActivities({ fraudChecks }: { fraudChecks: readonly FraudCheck[] }) {
  const byName = new Map(fraudChecks.map((check) => [check.name, check]));

  return {
    /** Runs the named checks in order; the first rejection decides. */
    async screenOrder({ order, checks }: ScreenInput): Promise<ScreenOutcome> {
      for (const name of checks) {
        const check = byName.get(name);
        if (check === undefined) throw new Error(`fraud check "${name}" is not configured in this worker`);
        const result = await check.check(order);
        if (result.verdict === 'reject') return { kind: 'rejected', detail: result.detail };
      }
      return { kind: 'allowed' };
    },
  };
}
