import type { FraudCheck, ScreeningStore, Verdict } from '../../src/activities/screening.js';
import type { ScreenOutcome } from '../../src/domain/outcomes.js';
import type { FraudLimits } from '../../src/domain/policy.js';
import type { FakeOrder, FakeTables } from './fake-tables.js';

/** Verdicts and reviews in memory. */
export function createFakeScreenings({ place, move, orders }: FakeTables): ScreeningStore {
  return {
    place: async (order, owner) => void place(order, owner),

    async screened(order, owner, verdict) {
      const found = place(order, owner);
      if (found.owner !== owner) return { kind: 'superseded' };
      if (found.undoing !== undefined) return { kind: 'undoing', ending: found.undoing };
      if (found.verdict === undefined && found.status !== 'pending') return { kind: 'superseded' };
      found.verdict ??= verdict;
      const outcome = standing(found, found.verdict);
      if (outcome.kind === 'review') move(found, 'in_review');
      return outcome;
    },

    async reviewOrder({ orderId, owner }, decision) {
      const found = orders.get(orderId);
      if (found?.owner !== owner) return { kind: 'not_in_review', status: found?.status ?? 'pending' };
      if (found.review === decision) return { kind: 'decided' };
      if (found.review !== undefined) return { kind: 'opposite', decision: found.review };
      if (found.status !== 'in_review') return { kind: 'not_in_review', status: found.status };
      found.review = decision;
      if (decision === 'approve') move(found, 'pending');
      return { kind: 'decided' };
    },
  };
}

/** The stored verdict, unless a person has decided since. */
function standing({ review }: FakeOrder, verdict: Verdict): ScreenOutcome {
  if (verdict.verdict === 'allow' || review === 'approve') return { kind: 'allow' };
  if (verdict.verdict === 'reject' || review === undefined) return { kind: verdict.verdict, detail: verdict.detail };
  return { kind: 'reject', detail: review === 'expired' ? 'the review was not decided in time' : 'rejected in review' };
}

/** A fraud check that answers what the test says, and counts how often it was asked. */
export function aCheck(answer: (limits: FraudLimits) => Verdict, name = 'check'): FraudCheck & { asked: () => number } {
  let asked = 0;
  return {
    name,
    asked: () => asked,
    async check(_order, limits) {
      asked += 1;
      return answer(limits);
    },
  };
}
