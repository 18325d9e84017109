import { setTimeout as realTime } from 'node:timers/promises';
import { describe, expect } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import type { ReviewDecision } from '../../src/domain/outcomes.js';
import { reviewOrder } from '../../src/workflows/contract.js';
import { createFakeGateway, captured } from '../support/fake-gateway.js';
import { aCheck } from '../support/fake-screenings.js';
import { cancels, comesTrue, openStage, test, until, type Act, type Scene } from './stage.js';

const stage = openStage();

const POLICY = { fraudChecks: [{ name: 'check', limits: {} }] };
const suspicious = () => aCheck(() => ({ verdict: 'review', detail: 'a large order' }));
const inReview = ({ books, order }: Act) =>
  until(() => books.has(order.orderId) && books.entry(order.orderId).status === 'in_review');
const decide = (handle: WorkflowHandle, decision: ReviewDecision) =>
  handle.executeUpdate(reviewOrder, { args: [{ decision }] });

/** Sends decisions while an activity waits for the gate, and opens it. */
async function decideMeanwhile(
  { environment }: Act,
  { workflowId }: WorkflowHandle,
  gate: { open: boolean },
  decisions: ReviewDecision[],
) {
  const handle = environment.client.workflow.getHandle(workflowId);
  const answers = Promise.all(decisions.map((decision) => decide(handle, decision)));
  await realTime(500);
  gate.open = true;
  return answers;
}

describe('the fraud checks', () => {
  test('that allow an order cost one local activity more, and nothing else', async () => {
    const scene = { policy: POLICY, fraudChecks: [aCheck(() => ({ verdict: 'allow' }))] };
    const { outcome, handle, entry } = await stage.run(scene);
    expect(outcome).toEqual({ status: 'confirmed' });
    expect(entry.trail).toEqual(['pending', 'reserved', 'confirmed']);
    const { events } = await handle.fetchHistory();
    const types = (events ?? []).map((event) => event.attributes);
    expect(types.filter((type) => type === 'markerRecordedEventAttributes')).toHaveLength(3);
    expect(types.filter((type) => type === 'workflowTaskCompletedEventAttributes')).toHaveLength(1);
    expect(types).not.toContain('activityTaskScheduledEventAttributes');
  });

  test('that reject an order fail it before anything is reserved or charged', async () => {
    const fraudChecks = [aCheck(() => ({ verdict: 'reject', detail: 'known thief' }))];
    const { outcome, entry, gateway, books } = await stage.run({ policy: POLICY, fraudChecks });
    const failure = { step: 'screen', reason: 'fraud_rejected', detail: 'known thief' };
    expect(outcome).toEqual({ status: 'failed', failure });
    expect(entry.held).toBe('none');
    expect(gateway.calls).toHaveLength(0);
    expect(books.stock).toEqual({ 'product-A': 10 });
  });

  test('take the strictest of their verdicts', async () => {
    const scene = {
      policy: { fraudChecks: ['lenient', 'strict'].map((name) => ({ name, limits: {} })) },
      fraudChecks: [
        aCheck(() => ({ verdict: 'allow' }), 'lenient'),
        aCheck(() => ({ verdict: 'reject', detail: 'no' }), 'strict'),
      ],
    };
    expect((await stage.run(scene)).outcome).toMatchObject({ failure: { reason: 'fraud_rejected' } });
  });

  test('go by the limits that came with the order', async () => {
    const limits = { most: 3, careful: true };
    const seen: unknown[] = [];
    const check = aCheck((given) => {
      seen.push(given);
      return { verdict: 'allow' };
    });
    const scene = { policy: { fraudChecks: [{ name: 'check', limits }] }, fraudChecks: [check] };
    expect((await stage.run(scene)).outcome).toEqual({ status: 'confirmed' });
    expect(seen).toEqual([limits]);
  });

  test('that the worker does not know have a person decide: never silently allowed', async () => {
    const known = aCheck(() => ({ verdict: 'allow' }));
    const scene = {
      policy: { fraudChecks: [...POLICY.fraudChecks, { name: 'new', limits: {} }] },
      fraudChecks: [known],
    };
    const { outcome, entry } = await stage.run(scene, async (handle, act) => {
      await inReview(act);
      expect(act.gateway.calls).toHaveLength(0);
      await decide(handle, 'reject');
    });
    expect(outcome).toMatchObject({ status: 'failed', failure: { reason: 'fraud_rejected' } });
    expect(entry.verdict).toEqual({ verdict: 'review', detail: 'the worker knows no fraud check "new"' });
  });

  test('that are down are asked four times, and then a person decides: never silently allowed', async () => {
    const check = aCheck(() => {
      throw new Error('the scoring service is unavailable');
    });
    const scene = { policy: POLICY, fraudChecks: [check] };
    const { outcome, entry } = await stage.run(scene, async (handle, act) => {
      await act.sleep('1 minute');
      await inReview(act);
      expect(check.asked()).toBe(4);
      expect(act.gateway.calls).toHaveLength(0);
      await decide(handle, 'approve');
    });
    expect(outcome).toEqual({ status: 'confirmed' });
    expect(entry.verdict).toMatchObject({ verdict: 'review' });
  });
});

describe('a review', () => {
  const scene = (): Scene => ({ policy: POLICY, fraudChecks: [suspicious()] });

  test.each([
    ['approve', { status: 'confirmed' }, ['pending', 'in_review', 'pending', 'reserved', 'confirmed']],
    ['reject', { status: 'failed', failure: { reason: 'fraud_rejected' } }, ['pending', 'in_review', 'failed']],
  ] as const)('that ends with "%s" lets the order end so', async (decision, ending, trail) => {
    const { outcome, entry, gateway } = await stage.run(scene(), async (handle, act) => {
      await inReview(act);
      expect(await decide(handle, decision)).toEqual({ kind: 'decided' });
    });
    expect(outcome).toMatchObject(ending);
    expect(entry.trail).toEqual(trail);
    expect(gateway.calls).toHaveLength(decision === 'approve' ? 1 : 0);
  });

  test('R33: takes the same decision again as decided, and answers the opposite with the one that counts', async () => {
    const gate = { open: false };
    const gateway = createFakeGateway({
      charge: async (request) => {
        await comesTrue(() => gate.open);
        return captured(request);
      },
    });
    const { outcome } = await stage.run({ ...scene(), gateway }, async (handle, act) => {
      await inReview(act);
      expect(await decide(handle, 'approve')).toEqual({ kind: 'decided' });
      await until(() => gateway.calls.length > 0);
      const answers = await decideMeanwhile(act, handle, gate, ['approve', 'reject']);
      expect(answers).toEqual([{ kind: 'decided' }, { kind: 'opposite', decision: 'approve' }]);
    });
    expect(outcome).toEqual({ status: 'confirmed' });
  });

  test('R33: approved and rejected at the same moment is decided once', async () => {
    const asked: string[] = [];
    const both: Scene = {
      ...scene(),
      ports: ({ screenings }) => ({
        screenings: {
          ...screenings,
          reviewOrder: async (run, decision) => {
            asked.push(decision);
            await comesTrue(() => asked.length === 2);
            return screenings.reviewOrder(run, decision);
          },
        },
      }),
    };
    const { outcome, entry } = await stage.run(both, async (handle, act) => {
      await inReview(act);
      const answers = await Promise.all([decide(handle, 'approve'), decide(handle, 'reject')]);
      expect(answers.map(({ kind }) => kind).sort()).toEqual(['decided', 'opposite']);
    });
    expect(outcome.status).toBe(entry.review === 'approve' ? 'confirmed' : 'failed');
  });

  test('that no one decides fails the order as expired after its deadline', async () => {
    const started = await stage.now();
    const { outcome, entry, books } = await stage.run(scene());
    expect(outcome).toMatchObject({ status: 'failed', failure: { step: 'screen', reason: 'expired' } });
    expect((await stage.now()) - started).toBeGreaterThanOrEqual(24 * 3_600_000);
    expect(entry.review).toBe('expired');
    expect(books.stock).toEqual({ 'product-A': 10 });
  });

  test.each([
    ['the decision', { status: 'confirmed' }, { kind: 'decided' }],
    ['the deadline', { status: 'failed', failure: { reason: 'expired' } }, { kind: 'opposite', decision: 'expired' }],
  ] as const)(
    'R33: decided in the moment of its deadline ends as the books say: %s came first',
    async (first, ending, answer) => {
      const asked = new Set<string>();
      const done = new Set<string>();
      const race: Scene = {
        fraudChecks: [suspicious()],
        policy: { ...POLICY, reviewDeadlineMs: 300 },
        ports: ({ screenings }) => ({
          screenings: {
            ...screenings,
            reviewOrder: async (run, decision) => {
              asked.add(decision);
              await comesTrue(() => asked.size === 2);
              const isFirst = (decision === 'expired') === (first === 'the deadline');
              if (!isFirst) await comesTrue(() => done.size === 1);
              const outcome = await screenings.reviewOrder(run, decision);
              done.add(decision);
              return outcome;
            },
          },
        }),
      };
      const { outcome } = await stage.run(race, async (handle, act) => {
        await inReview(act);
        expect(await decide(handle, 'approve')).toEqual(answer);
      });
      expect(outcome).toMatchObject(ending);
    },
  );

  test.each(cancels)('is over when %s cancels the order', async (_by, cancel, reason) => {
    const { outcome, entry, gateway } = await stage.run(scene(), async (handle, act) => {
      await inReview(act);
      await cancel(handle);
    });
    expect(outcome).toEqual({ status: 'cancelled', reason });
    expect(entry.trail).toEqual(['pending', 'in_review', 'cancelled']);
    expect(gateway.calls).toHaveLength(0);
  });

  test('of an order that is not in review is refused, with the status that it has', async () => {
    const gate = { open: false };
    const gateway = createFakeGateway({
      charge: async (request) => {
        await comesTrue(() => gate.open);
        return captured(request);
      },
    });
    const { outcome } = await stage.run({ gateway }, async (handle, act) => {
      await until(() => gateway.calls.length > 0);
      expect(await decideMeanwhile(act, handle, gate, ['reject'])).toMatchObject([{ kind: 'not_in_review' }]);
    });
    expect(outcome).toEqual({ status: 'confirmed' });
  });
});

stage.replaysEverything();
