import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { createDeliveryActivities, type DeliveryStore } from '../../src/activities/deliveries/deliveries.js';
import { createEndpointGates } from '../../src/activities/deliveries/endpoint-gates.js';
import type { SendResult } from '../../src/activities/deliveries/event-sender.js';
import {
  DELIVER_EVENT,
  DELIVERY_TASK_QUEUE,
  deliveryWorkflowId,
  type DeliveryRun,
} from '../../src/workflows/contract.js';
import { BUNDLE, startTimeSkipping, STARTING_MS } from '../support/time-skipping.js';

const SPEC_S = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
const QUEUE = 'deliveries-under-test';

let environment: TestWorkflowEnvironment;
const histories: { workflowId: string; history: Awaited<ReturnType<WorkflowHandle['fetchHistory']>> }[] = [];
beforeAll(async () => {
  environment = await startTimeSkipping();
}, STARTING_MS);
afterAll(async () => environment?.teardown());

interface Scene {
  /** What each send comes to; the last one goes on. */
  results: SendResult[];
  tries?: number;
  waitMs?: number;
  isOver?: () => boolean;
  /** Places at the gate; without any, the endpoint is busy. */
  busyFor?: number;
  faults?: number;
}

const refused = (statusCode: number, retryAfterMs?: number): SendResult => ({
  kind: 'refused',
  statusCode,
  detail: `answered ${statusCode}`,
  latencyMs: 1,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});
const accepted: SendResult = { kind: 'accepted', statusCode: 204, latencyMs: 1 };
const gone: SendResult = { kind: 'gone', statusCode: 410, detail: 'answered 410', latencyMs: 1 };

/** Runs one delivery to its end, in the server's own time. */
async function deliver({ results, tries = 0, waitMs = 0, isOver = () => false, busyFor = 0, faults = 0 }: Scene) {
  const deliveryId = `wd_${randomUUID()}`;
  const sends: { atS: number; id: string; timeoutMs: number }[] = [];
  const recorded: { kind: string; state: string; pauseMs?: number }[] = [];
  const postponed: number[] = [];
  let busy = busyFor;
  let faulty = faults;
  let started = 0;
  const deliveries: DeliveryStore = {
    async due() {
      if (isOver()) return undefined;
      const createdAt = '2026-01-01T00:00:00.000Z';
      return {
        endpointId: 'we_1',
        url: 'http://x',
        secrets: [],
        messageId: 'evt_o_1',
        type: 'webhook.test',
        createdAt,
      };
    },
    async record(_run, { kind }, then) {
      if (faulty-- > 0) throw new Error('the database is unavailable');
      recorded.push({ kind, ...then });
    },
    async postpone(_run, pauseMs) {
      postponed.push(pauseMs);
    },
  };
  const gates = createEndpointGates();
  const activities = createDeliveryActivities({
    deliveries,
    gates: { enter: async (id, call) => (busy-- > 0 ? undefined : gates.enter(id, call)) },
    eventSender: {
      refuse: () => undefined,
      async send({ messageId }, { timeoutMs }) {
        sends.push({ atS: ((await environment.currentTimeMs()) - started) / 1_000, id: messageId, timeoutMs });
        return results[Math.min(sends.length, results.length) - 1] ?? accepted;
      },
    },
  });
  const connection = environment.nativeConnection;
  const sender = await Worker.create({ connection, taskQueue: DELIVERY_TASK_QUEUE, activities });
  const worker = await Worker.create({ connection, taskQueue: QUEUE, workflowBundle: BUNDLE });
  const run: DeliveryRun = { deliveryId, round: 0, tries, waitMs, delaysMs: SPEC_S.map((s) => s * 1_000) };
  const outcome = await sender.runUntil(
    worker.runUntil(async () => {
      const workflowId = deliveryWorkflowId(deliveryId, 0);
      started = await environment.currentTimeMs();
      const handle = await environment.client.workflow.start(DELIVER_EVENT, {
        workflowId,
        taskQueue: QUEUE,
        args: [run],
      });
      const result: unknown = await handle.result();
      histories.push({ workflowId, history: await handle.fetchHistory() });
      return result;
    }),
  );
  const pausesS = sends.map(({ atS }, index) => atS - (sends[index - 1]?.atS ?? 0));
  return { outcome, sends, pausesS, recorded, postponed };
}

// Real time goes on too, on a slow machine.
const SLOW_S = 20;

/** Each pause is as planned, or up to a tenth longer. */
function expectPauses(pausesS: number[], plannedS: number[]): void {
  expect(pausesS).toHaveLength(plannedS.length);
  pausesS.forEach((pause, index) => {
    const planned = plannedS[index] ?? 0;
    expect(pause).toBeGreaterThanOrEqual(planned - 0.1);
    expect(pause).toBeLessThanOrEqual(planned * 1.1 + SLOW_S);
  });
}

describe('a delivery', () => {
  test('R32: that is never taken is tried by the whole schedule of Standard Webhooks, under one id, then failed', async () => {
    const { outcome, pausesS, sends, recorded } = await deliver({ results: [refused(500)] });
    expect(outcome).toBe('failed');
    expectPauses(pausesS, [0, ...SPEC_S]);
    expect(new Set(sends.map(({ id }) => id)).size).toBe(1);
    expect(sends.every(({ timeoutMs }) => timeoutMs === 20_000)).toBe(true);
    expect(recorded.map(({ state }) => state)).toEqual([...SPEC_S.map(() => 'retrying'), 'failed']);
    const pauses = recorded.slice(0, -1).map(({ pauseMs = 0 }, index) => pauseMs / ((SPEC_S[index] ?? 1) * 1_000));
    expect(new Set(pauses).size).toBeGreaterThan(1);
  });

  test('whose first try was made elsewhere continues with the second', async () => {
    const { outcome, pausesS } = await deliver({ results: [refused(500), accepted], tries: 1, waitMs: 5_000 });
    expect(outcome).toBe('delivered');
    expectPauses(pausesS, [5, 300]);
  });

  test.each([429, 502, 503, 504])('waits as long as a %d asks for', async (status) => {
    const { pausesS } = await deliver({ results: [refused(status, 60_000), accepted] });
    expectPauses(pausesS, [0, 60]);
  });

  test('does not wait longer because of a 500 that asks for it, nor shorter, nor for more than a day', async () => {
    expectPauses((await deliver({ results: [refused(500, 60_000), accepted] })).pausesS, [0, 5]);
    expectPauses((await deliver({ results: [refused(503, 1_000), accepted] })).pausesS, [0, 5]);
    expectPauses((await deliver({ results: [refused(503, 999_999_999), accepted] })).pausesS, [0, 86_400]);
  });

  test('ends at a 410', async () => {
    const { outcome, sends, recorded } = await deliver({ results: [refused(500), gone] });
    expect(outcome).toBe('failed');
    expect(sends).toHaveLength(2);
    expect(recorded.at(-1)).toMatchObject({ kind: 'gone', state: 'failed' });
  });

  test('that was ended meanwhile, or belongs to an earlier round, is not sent', async () => {
    let looks = 0;
    const { outcome, sends } = await deliver({ results: [refused(500)], isOver: () => (looks += 1) > 1 });
    expect(outcome).toBe('over');
    expect(sends).toHaveLength(1);
  });

  test('to a busy endpoint waits without losing a try', async () => {
    const { outcome, postponed, recorded, pausesS } = await deliver({ results: [accepted], busyFor: 3 });
    expect(outcome).toBe('delivered');
    expect(postponed).toEqual([30_000, 60_000, 120_000]);
    expect(recorded).toEqual([{ kind: 'accepted', state: 'delivered' }]);
    expectPauses(pausesS, [210]);
  });

  test('R32: that cannot be written down is sent again under the same id', async () => {
    const { outcome, sends } = await deliver({ results: [accepted], faults: 1 });
    expect(outcome).toBe('delivered');
    expect(sends.map(({ id }) => id)).toEqual(['evt_o_1', 'evt_o_1']);
  });
});

test('replays every history of this file without a difference', async () => {
  const errors: unknown[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: BUNDLE }, histories)) {
    if (error !== undefined) errors.push(workflowId, error);
  }
  expect(errors).toEqual([]);
  expect(histories.length).toBeGreaterThan(5);
});
