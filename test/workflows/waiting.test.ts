import { describe, expect } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { ambiguous, captured, createFakeGateway, notExecuted, processing, refusal } from '../support/fake-gateway.js';
import { aCheck } from '../support/fake-screenings.js';
import { openStage, test, until, type Act, type Scene } from './stage.js';

const stage = openStage();

/** What the Temporal Web UI shows of a workflow: its current details, and the names of its timers. */
async function shownOf(handle: WorkflowHandle): Promise<{ details: string; timers: string[] }> {
  const { currentDetails } = await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
  const { events } = await handle.fetchHistory();
  const timers = (events ?? []).flatMap(({ timerStartedEventAttributes: timer, userMetadata }) => {
    if (timer === null || timer === undefined) return [];
    const summary = userMetadata?.summary;
    return [summary ? defaultPayloadConverter.fromPayload<string>(summary) : 'without a name'];
  });
  return { details: currentDetails ?? '', timers };
}

interface Wait {
  scene: () => Scene;
  isSo: (act: Act) => boolean;
  timers: string[];
  details: string;
  /** How long the timer that is waited for takes. */
  ms: number;
}

const statusIs = (status: string) => (act: Act) => act.books.has(act.order.orderId) && act.entry().status === status;
const UNDER_REVIEW = { fraudChecks: [{ name: 'check', limits: {} }] };

const REVIEW: Wait = {
  scene: () => ({
    policy: UNDER_REVIEW,
    fraudChecks: [aCheck(() => ({ verdict: 'review', detail: 'a large order' }))],
  }),
  isSo: statusIs('in_review'),
  timers: ['until the order is reviewed'],
  details: 'Waiting until the order is reviewed',
  ms: 86_400_000,
};

const WAITS: Record<string, Wait> = {
  'the circuit breaker': {
    scene: () => ({ gateway: createFakeGateway({ charge: () => ({ kind: 'refused', retryAfterMs: 60_000 }) }) }),
    isSo: ({ gateway }) => gateway.calls.length === 1,
    timers: ['until the payment gateway may be asked'],
    details: 'Waiting until the payment gateway may be asked',
    ms: 60_000,
  },
  'the next try': {
    scene: () => ({ gateway: createFakeGateway({ charge: () => notExecuted }) }),
    isSo: ({ gateway }) => gateway.calls.length === 1,
    timers: ['until the next try'],
    details: 'Waiting until the next try',
    ms: 1_000,
  },
  'the outcome of a charge': {
    scene: () => ({
      gateway: createFakeGateway({ charge: () => ambiguous, lookup: () => processing }),
      policy: { retry: { retries: 1, initialIntervalMs: 4_000, backoffCoefficient: 2, maximumIntervalMs: 100_000 } },
    }),
    isSo: statusIs('payment_unknown'),
    timers: ['until the next try', 'until look-up 2 of the charge'],
    details: 'Waiting until look-up 2 of the charge',
    ms: 4_000,
  },
  'a person, over a refused refund': {
    scene: () => ({
      gateway: createFakeGateway({
        charge: (request) => captured({ ...request, amountMinor: 1 }),
        refund: () => refusal,
      }),
    }),
    isSo: (act) => act.letters().includes('refund open'),
    timers: ['until the refused refund is decided'],
    details: 'Waiting until the refused refund is decided',
    ms: 86_400_000,
  },
  'a review': REVIEW,
};

describe('the Temporal Web UI says, while a workflow waits for', () => {
  test.each(Object.entries(WAITS))('%s, what for and until when', async (_, { scene, isSo, timers, details, ms }) => {
    await stage.play(scene(), async (act) => {
      const started = await stage.now();
      const handle = await act.checkOut();
      await until(() => isSo(act));
      const shown = await shownOf(handle);
      expect(shown.timers).toEqual(timers);
      const [, text, time = ''] = /^(.*), at the latest at (\S+)$/.exec(shown.details) ?? [];
      expect(text).toBe(details);
      const waitMs = Date.parse(time) - started;
      expect(waitMs).toBeGreaterThanOrEqual(ms);
      expect(waitMs).toBeLessThan(2 * ms + 30_000);
      await handle.terminate('its test is over');
    });
  });

  test('nothing, nothing', async () => {
    await stage.play({}, async (act) => {
      const handle = await act.checkOut();
      await handle.result();
      expect(await shownOf(handle)).toEqual({ details: '', timers: [] });
    });
  });

  test('the progress of an order, when it is queried', async () => {
    const { scene, isSo } = REVIEW;
    await stage.play(scene(), async (act) => {
      const handle = await act.checkOut();
      await until(() => isSo(act));
      expect(await handle.query('order')).toEqual({
        order_id: act.order.orderId,
        total_minor: act.order.totalMinor,
        currency: act.order.currency,
        items: Object.fromEntries(act.order.lines.map(({ sku, quantity }) => [sku, quantity])),
        stage: 'in review',
        waiting: expect.stringMatching(/^Waiting until the order is reviewed, at the latest at /),
        cancel_reason: null,
      });
      await handle.terminate('its test is over');
    });
  });

  test('what each signal, update and query is for', async () => {
    await stage.play({}, async (act) => {
      const handle = await act.checkOut();
      await handle.result();
      const { definition } = await handle.query<{ definition: Record<string, unknown> }>(
        '__temporal_workflow_metadata',
      );
      const described = (kind: string) =>
        ((definition[kind] ?? []) as { name: string; description?: string }[])
          .filter(({ name }) => !name.startsWith('__'))
          .map(({ name, description }) => [name, (description ?? '') !== '']);
      expect(Object.fromEntries(described('signalDefinitions'))).toEqual({ news: true, cancelOrder: true });
      expect(Object.fromEntries(described('updateDefinitions'))).toEqual({ reviewOrder: true });
      expect(Object.fromEntries(described('queryDefinitions'))).toEqual({ order: true });
    });
  });

  test('nothing any more, once it makes progress', async () => {
    const gateway = createFakeGateway({
      charge: (request, call) => (call <= 2 ? { kind: 'refused', retryAfterMs: 60_000 } : captured(request)),
    });
    await stage.play({ gateway }, async (act) => {
      const handle = await act.checkOut();
      await handle.result();
      expect((await shownOf(handle)).details).toBe('');
    });
  });
});

stage.replaysEverything();
