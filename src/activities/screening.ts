import type { Actor } from '../domain/actor.js';
import type { AcceptedOrder, OrderRun } from '../domain/order.js';
import type { ReviewDecision, ReviewOutcome, ScreenOutcome } from '../domain/outcomes.js';
import type { FraudCheckPolicy, FraudLimits } from '../domain/policy.js';
import { counted } from './counted-tries.js';

export type Verdict = { verdict: 'allow' } | { verdict: 'review' | 'reject'; detail: string };

/** A fraud check. Each order's policy selects it and sets its limits. */
export interface FraudCheck {
  readonly name: string;
  /** Throws if it cannot be run, or not with these limits; the step is retried, and finally a person decides. */
  check(order: AcceptedOrder, limits: FraudLimits): Promise<Verdict>;
}

/** Verdicts and reviews. Each method is one transaction and can be run again. */
export interface ScreeningStore {
  /**
   * Writes the order's row unless it exists. Rows of one customer are written one after another: when it returns, all
   * earlier ones can be counted.
   */
  place(order: AcceptedOrder, owner: string): Promise<void>;
  /** Stores the first verdict of an order and returns the stored one; `review` puts the order in review. */
  screened(order: AcceptedOrder, owner: string, verdict: Verdict, reviewDeadlineMs: number): Promise<ScreenOutcome>;
  /** The first decision counts; `expired` is that of the deadline. */
  reviewOrder(run: OrderRun, decision: ReviewDecision | 'expired', actor?: Actor): Promise<ReviewOutcome>;
}

export interface ScreenInput {
  order: AcceptedOrder;
  owner: string;
  checks: FraudCheckPolicy[];
  reviewDeadlineMs: number;
}

export interface ScreeningPorts {
  screenings: ScreeningStore;
  fraudChecks: readonly FraudCheck[];
}

export type ScreeningActivities = ReturnType<typeof createScreeningActivities>;

export function createScreeningActivities({ screenings, fraudChecks }: ScreeningPorts) {
  const byName = new Map(fraudChecks.map((check) => [check.name, check]));
  if (byName.size < fraudChecks.length) throw new Error('two fraud checks have the same name');

  return {
    /** Runs the named checks and stores the strictest verdict, once per order. */
    screenOrder: counted(async ({ order, owner, checks, reviewDeadlineMs }: ScreenInput): Promise<ScreenOutcome> => {
      await screenings.place(order, owner);
      const verdicts = await Promise.all(checks.map((check) => verdictOf(order, check)));
      return screenings.screened(order, owner, strictest(verdicts), reviewDeadlineMs);
    }),

    /** For an order whose checks could not be run: a person decides. */
    async holdForReview(input: Omit<ScreenInput, 'checks'> & { detail: string }): Promise<ScreenOutcome> {
      const verdict: Verdict = { verdict: 'review', detail: input.detail };
      return screenings.screened(input.order, input.owner, verdict, input.reviewDeadlineMs);
    },

    async reviewOrder({
      decision,
      actor,
      ...run
    }: OrderRun & { decision: ReviewDecision | 'expired'; actor?: Actor }): Promise<ReviewOutcome> {
      return screenings.reviewOrder(run, decision, actor);
    },
  };

  /** An unknown check must not be skipped. */
  async function verdictOf(order: AcceptedOrder, { name, limits }: FraudCheckPolicy): Promise<Verdict> {
    const check = byName.get(name);
    return check?.check(order, limits) ?? { verdict: 'review', detail: `the worker knows no fraud check "${name}"` };
  }
}

function strictest(verdicts: readonly Verdict[]): Verdict {
  const one = (kind: Verdict['verdict']) => verdicts.find(({ verdict }) => verdict === kind);
  return one('reject') ?? one('review') ?? { verdict: 'allow' };
}
