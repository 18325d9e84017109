import type { AcceptedOrder, OrderRun } from '../domain/order.js';
import type { ReviewDecision, ReviewOutcome, ScreenOutcome } from '../domain/outcomes.js';

export type Verdict = { verdict: 'allow' } | { verdict: 'review' | 'reject'; detail: string };

/** A fraud check of the shop's choice. Throws when it cannot be asked; the step is then retried. */
export interface FraudCheck {
  readonly name: string;
  check(order: AcceptedOrder): Promise<Verdict>;
}

/** Verdicts and reviews. Each method is one transaction and can be run again. */
export interface ScreeningStore {
  /** Stores the first verdict of an order and answers with the stored one; `review` puts the order in review. */
  screened(order: AcceptedOrder, owner: string, verdict: Verdict, reviewDeadlineMs: number): Promise<ScreenOutcome>;
  /** The first decision counts; `expired` is the deadline's. */
  review(run: OrderRun, decision: ReviewDecision | 'expired'): Promise<ReviewOutcome>;
}

export interface ScreenInput {
  order: AcceptedOrder;
  owner: string;
  checks: string[];
  reviewDeadlineMs: number;
}

export interface ScreeningPorts {
  screenings: ScreeningStore;
  fraudChecks: readonly FraudCheck[];
}

export type ScreeningActivities = ReturnType<typeof createScreeningActivities>;

export function createScreeningActivities({ screenings, fraudChecks }: ScreeningPorts) {
  const byName = new Map(fraudChecks.map((check) => [check.name, check]));

  return {
    /** Runs the named checks and stores the strictest verdict, once an order. */
    async screenOrder({ order, owner, checks, reviewDeadlineMs }: ScreenInput): Promise<ScreenOutcome> {
      const verdicts = await Promise.all(checks.map((name) => checkNamed(name).check(order)));
      return screenings.screened(order, owner, strictest(verdicts), reviewDeadlineMs);
    },

    /** What happens to an order whose checks could not be asked: a person decides. */
    async holdForReview(input: Omit<ScreenInput, 'checks'> & { detail: string }): Promise<ScreenOutcome> {
      const verdict: Verdict = { verdict: 'review', detail: input.detail };
      return screenings.screened(input.order, input.owner, verdict, input.reviewDeadlineMs);
    },

    async reviewOrder({
      decision,
      ...run
    }: OrderRun & { decision: ReviewDecision | 'expired' }): Promise<ReviewOutcome> {
      return screenings.review(run, decision);
    },
  };

  function checkNamed(name: string): FraudCheck {
    const check = byName.get(name);
    if (check === undefined) throw new Error(`fraud check "${name}" is not configured in this worker`);
    return check;
  }
}

function strictest(verdicts: readonly Verdict[]): Verdict {
  const one = (kind: Verdict['verdict']) => verdicts.find(({ verdict }) => verdict === kind);
  return one('reject') ?? one('review') ?? { verdict: 'allow' };
}
