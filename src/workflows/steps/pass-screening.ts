import { CancellationScope, setHandler } from '@temporalio/workflow';
import type { OrderOutcome } from '../../domain/order.js';
import type { ReviewOutcome, ScreenOutcome } from '../../domain/outcomes.js';
import { letAnswersOut } from '../messages/admission.js';
import { reviewOrder, type ReviewRequest } from '../contract.js';
import { failed, superseded } from './endings.js';
import type { PendingSignals } from '../messages/pending-signals.js';
import type { Journey, Review } from './journey.js';
import { isExhausted } from '../retrying/optimistic.js';
import type { OrderSteps } from './order-steps.js';
import { waitFor } from '../telemetry/waiting.js';

/** Runs the policy's fraud checks and waits for a review if they ask for one. Without checks it costs nothing. */
export async function passScreening(
  steps: OrderSteps,
  signals: PendingSignals,
  journey: Journey,
): Promise<'passed' | OrderOutcome> {
  const { place } = journey;
  if (place.at === 'in review') {
    listenForReview(steps, place.review);
    return reviewed(steps, signals, place.review, place.untilMs - Date.now());
  }
  const review = listenForReview(steps);
  if (steps.policy.fraudChecks.length === 0) return 'passed';

  const verdict = await screen(steps);
  switch (verdict.kind) {
    case 'allow':
      return 'passed';
    case 'reject':
      return failed('screen', 'fraud_rejected', verdict.detail);
    case 'superseded':
      return superseded;
    case 'undoing':
      return verdict.ending;
    case 'review': {
      const { reviewDeadlineMs } = steps.policy;
      journey.place = { at: 'in review', untilMs: Date.now() + reviewDeadlineMs, review };
      return reviewed(steps, signals, review, reviewDeadlineMs);
    }
  }
}

/** A check that cannot be run never means "allow": a person decides instead. */
async function screen(steps: OrderSteps): Promise<ScreenOutcome> {
  const { order, owner, policy } = steps;
  const { reviewDeadlineMs } = policy;
  try {
    return await steps.limited('screenOrder', { order, owner, checks: policy.fraudChecks, reviewDeadlineMs });
  } catch (error) {
    if (!isExhausted(error)) throw error;
    return steps.regular('holdForReview', {
      order,
      owner,
      detail: 'a fraud check could not be asked',
      reviewDeadlineMs,
    });
  }
}

/** Decisions are accepted from the start: the order's row may say `in_review` before this workflow gets there. */
export function listenForReview(steps: OrderSteps, review: Review = {}): Review {
  const decide = async (request: ReviewRequest): Promise<ReviewOutcome> => {
    const outcome = await CancellationScope.nonCancellable(() =>
      steps.regular('reviewOrder', { ...steps.run, ...request }),
    );
    if (outcome.kind === 'decided') review.decision ??= request.decision;
    return outcome;
  };
  setHandler(reviewOrder, decide, {
    description: 'Decides the review: {"decision":"approve"} or {"decision":"reject"}',
  });
  return review;
}

async function reviewed(
  steps: OrderSteps,
  signals: PendingSignals,
  review: Review,
  withinMs: number,
): Promise<'passed' | OrderOutcome> {
  const isOver = () => review.decision !== undefined || signals.isFull();
  const inTime = await waitFor(isOver, Math.max(withinMs, 1), 'until the order is reviewed');
  if (review.decision === undefined && inTime) signals.endIfLong();
  if (!inTime) {
    // A decision may be on its way: the database says which was first.
    const expiry = await steps.regular('reviewOrder', { ...steps.run, decision: 'expired' });
    if (expiry.kind === 'decided') return failed('screen', 'expired', 'the review was not decided in time');
    if (expiry.kind === 'opposite' && expiry.decision !== 'expired') review.decision ??= expiry.decision;
  }
  await letAnswersOut();
  return review.decision === 'approve' ? 'passed' : failed('screen', 'fraud_rejected', 'rejected in review');
}
