import { setTimeout as realTime } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { Client, WithStartWorkflowOperation, type WorkflowHandle } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { OrderMessenger, RefundResumer } from '../../src/activities/gateway-events.js';
import type { FraudCheck } from '../../src/activities/screening.js';
import type { AcceptedOrder, OrderOutcome } from '../../src/domain/order.js';
import type { Admission } from '../../src/domain/outcomes.js';
import { DEFAULT_POLICY, type OrderPolicy } from '../../src/domain/policy.js';
import { createMessenger } from '../../src/temporal/messenger.js';
import { createOrderMessages } from '../../src/temporal/order-messages.js';
import * as contract from '../../src/workflows/contract.js';
import { createFakeBooks, type FakeBooks } from '../support/fake-books.js';
import { createFakeGateway, type FakeGateway } from '../support/fake-gateway.js';
import { anOrder } from '../support/orders.js';
import type { OrderPorts } from '../../src/activities/order-activities.js';
import { BUNDLE, startTimeSkipping, STARTING_MS, withWorker } from '../support/time-skipping.js';
import { calm } from './calm.js';
import { historiesOf, type History } from './run-histories.js';
import { test, unlessStalled, type Watched } from './stall.js';

export { test };

export interface Scene {
  books?: FakeBooks;
  gateway?: FakeGateway;
  order?: AcceptedOrder;
  policy?: Partial<OrderPolicy>;
  fraudChecks?: FraudCheck[];
  /** Replaces some of the ports. */
  ports?: (ports: OrderPorts) => Partial<OrderPorts>;
}

export interface Act {
  environment: TestWorkflowEnvironment;
  taskQueue: string;
  books: FakeBooks;
  gateway: FakeGateway;
  order: AcceptedOrder;
  policy: OrderPolicy;
  /** Starts a workflow whose history must replay later. */
  start(name: string, workflowId: string, args: unknown[]): Promise<WorkflowHandle<() => Promise<OrderOutcome>>>;
  /** Starts the order's own workflow. */
  checkOut(): Promise<WorkflowHandle<() => Promise<OrderOutcome>>>;
  /** Starts a workflow and waits for its decision whether it may do its work. */
  admit(name: string, workflowId: string, args: unknown[]): Promise<{ decision: Admission; handle: WorkflowHandle }>;
  redrive(deadLetterId: string): ReturnType<Act['admit']>;
  /** Lets time be skipped. */
  sleep(time: Duration): Promise<void>;
  entry(): ReturnType<FakeBooks['entry']>;
  letters(): string[];
  /** The histories of a workflow's run and of those that continued it. */
  runs(handle: WorkflowHandle): Promise<History[]>;
}

/** A Temporal server for one test file, and plays on it: real workflows and activities over fake ports. */
export function openStage() {
  const stage: { environment?: TestWorkflowEnvironment } = {};
  const histories: { workflowId: string; history: History }[] = [];
  beforeAll(async () => {
    stage.environment = await startTimeSkipping();
  }, STARTING_MS);
  afterAll(async () => stage.environment?.teardown());

  const open = (): TestWorkflowEnvironment => {
    if (stage.environment === undefined) throw new Error('the stage is not open yet');
    return stage.environment;
  };

  async function play<T>(scene: Scene, script: (act: Act) => Promise<T>): Promise<T> {
    const environment = open();
    const { books = createFakeBooks(), gateway = createFakeGateway(), order = anOrder(), fraudChecks = [] } = scene;
    const policy = { ...DEFAULT_POLICY, ...scene.policy };
    const started: WorkflowHandle[] = [];
    const firstRuns: { workflowId: string; runId: string }[] = [];
    // A queue of its own: what a failing test leaves behind must not run into the next one.
    const taskQueue = `${contract.TASK_QUEUE}-${order.orderId}`;

    const enter = <T extends WorkflowHandle>(handle: T, runId: string): T => {
      const { workflowId } = handle;
      const latest = environment.client.workflow.getHandle(workflowId);
      started.push(latest);
      firstRuns.push({ workflowId, runId });
      // Results and histories are those of the run that was started; messages go to the run that continues it.
      return reachedInCalm(handle, latest);
    };

    const act: Act = {
      environment,
      taskQueue,
      books,
      gateway,
      order,
      policy,
      async start(name, workflowId, args) {
        const options = { workflowId, taskQueue, args, workflowIdConflictPolicy: 'FAIL' } as const;
        const { firstExecutionRunId } = await environment.client.workflow.start(name, options);
        const { workflow } = environment.client;
        return enter(
          workflow.getHandle<() => Promise<OrderOutcome>>(workflowId, firstExecutionRunId),
          firstExecutionRunId,
        );
      },
      checkOut: () => act.start(contract.PROCESS_ORDER, contract.orderWorkflowId(order.orderId), [order, policy]),
      async admit(name, workflowId, args) {
        const startWorkflowOperation = new WithStartWorkflowOperation(name, {
          workflowId,
          taskQueue,
          args,
          workflowIdConflictPolicy: 'FAIL',
        });
        const options = { startWorkflowOperation };
        const decision = await environment.client.workflow.executeUpdateWithStart(contract.admission, options);
        const { runId } = await environment.client.workflow.getHandle(workflowId).describe();
        return { decision, handle: enter(environment.client.workflow.getHandle(workflowId, runId), runId) };
      },
      redrive: (deadLetterId) =>
        act.admit(contract.PROCESS_ORDER, contract.orderWorkflowId(order.orderId), [order, policy, { deadLetterId }]),
      async sleep(time) {
        await isCalm();
        await watched(environment.sleep(time));
        await isCalm();
      },
      entry: () => books.entry(order.orderId),
      letters: () => books.lettersOf(order.orderId).map(({ kind, state }) => `${kind} ${state}`),
      async runs({ workflowId }) {
        const first = firstRuns.find((run) => run.workflowId === workflowId);
        return first === undefined ? [] : historiesOf(environment, first);
      },
    };

    const base: OrderPorts = {
      ...books,
      messenger: messengerOf(act),
      refundResumer: refundResumerOf(act),
      gateway: gateway.gateway,
      fraudChecks,
    };
    return withWorker(environment, { ...base, ...scene.ports?.(base) }, taskQueue, async (running) => {
      onStage = { environment, workflows: started, running };
      // What a failing test leaves open would keep the server from skipping time for the next one.
      const result = await script(act).catch(async (error: unknown) => {
        await Promise.allSettled(started.map((handle) => handle.terminate('its test has failed')));
        throw error;
      });
      for (const run of firstRuns) {
        for (const history of await historiesOf(environment, run)) histories.push({ ...run, history });
      }
      return result;
    });
  }

  return {
    play,
    now: () => open().currentTimeMs(),
    /** Plays one order to its end. */
    run: (scene: Scene, meanwhile?: (handle: WorkflowHandle, act: Act) => Promise<unknown>) =>
      play(scene, async (act) => {
        const handle = await act.checkOut();
        await meanwhile?.(handle, act);
        const outcome = await handle.result();
        return { ...act, outcome, handle, entry: act.entry(), letters: act.letters() };
      }),

    /** The determinism gate, last in a file: the code must find its way through every history that was made before. */
    replaysEverything: () =>
      test('replays every history of this file without a difference', async () => {
        const errors: unknown[] = [];
        for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: BUNDLE }, histories)) {
          if (error !== undefined) errors.push(workflowId, error);
        }
        expect(errors).toEqual([]);
        expect(histories.length).toBeGreaterThan(0);
      }),
  };
}

// More than twice the time after which the server gives a workflow task out again that was lost.
const UNTIL_MS = 25_000;
const TELLING_MS = 10_000;
/** The act that is being played. */
let onStage: Watched | undefined;
const isCalm = async (): Promise<void> => (onStage === undefined ? undefined : calm(onStage));
const watched = async <T>(work: Promise<T>): Promise<T> =>
  onStage === undefined ? work : unlessStalled(onStage, work);

/** Waits in real time, without skipping any of the server's: for what the test itself does, in an activity. */
export async function comesTrue(isSo: () => boolean): Promise<void> {
  for (const deadline = Date.now() + UNTIL_MS; !isSo();) {
    if (Date.now() > deadline) throw new Error(`it did not come true within ${UNTIL_MS} ms`);
    await realTime(5);
  }
}

/** The same, and then for calm: for what workflows do. */
export async function until(isSo: () => boolean): Promise<void> {
  await watched(comesTrue(isSo));
  await isCalm();
}

/** The same workflow, to which everything is said in a moment of calm. */
function reachedInCalm<T extends WorkflowHandle>(handle: T, latest: WorkflowHandle): T {
  const calmly = <Args extends unknown[], Result>(on: WorkflowHandle, call: (...args: Args) => Promise<Result>) => {
    return async (...args: Args): Promise<Result> => {
      await isCalm();
      return watched(call.apply(on, args));
    };
  };
  const { signal, cancel, executeUpdate } = latest;
  return {
    ...handle,
    signal: calmly(latest, signal),
    cancel: calmly(latest, cancel),
    executeUpdate: calmly(latest, executeUpdate),
    result: calmly(handle, handle.result),
  };
}

/** The two ways in which people cancel a running checkout. */
export const cancels = [
  ['our signal', (handle: WorkflowHandle) => handle.signal(contract.cancelOrder, { reason: 'asked' }), 'asked'],
  ['Temporal itself', (handle: WorkflowHandle) => handle.cancel(), 'cancelled in Temporal'],
] as const;

/** The real messenger, except that recoveries start on the queue of the act. */
function messengerOf({ environment, order, policy, books, start }: Act): OrderMessenger {
  const recover = async (orderId: string) => {
    if (!books.has(orderId)) throw new Error(`there is no order ${orderId} to recover`);
    await start(contract.RECOVER_ORDER, contract.recoverWorkflowId(orderId), [order, policy]);
  };
  const { tell } = createOrderMessages({ client: environment.client, deadlineMs: TELLING_MS });
  const messages = { tell, recover: ({ orderId }: AcceptedOrder) => recover(orderId) };
  return { ...createMessenger({ messages, policy, findOrder: async () => order }), recover };
}

/** Reaches the workflow of a requested refund, or starts it again. */
function refundResumerOf({ environment, books, policy, taskQueue }: Act): RefundResumer {
  return {
    async resume(orderId, refundId) {
      const refund = books.entry(orderId).refunds.find((other) => other.refundId === refundId);
      if (refund?.requested !== true) return false;
      const { amountMinor, fingerprint } = refund;
      const request = { orderId, refundId, amountMinor, reason: 'broken', restock: true, fingerprint };
      await environment.client.workflow.signalWithStart(contract.REFUND_ORDER, {
        workflowId: contract.refundWorkflowId(refundId),
        taskQueue,
        args: [request, policy],
        signal: contract.news,
        signalArgs: [{ kind: 'look' }],
      });
      return true;
    },
  };
}

/** Waits until Temporal has asked the running activity of a workflow to stop. */
export async function cancelHeard(handle: WorkflowHandle): Promise<void> {
  for (let polls = 0; polls < 200; polls += 1) {
    const { events } = await handle.fetchHistory();
    if (events?.some((event) => event.activityTaskCancelRequestedEventAttributes)) return;
    await realTime(10);
  }
  throw new Error('no activity was asked to stop');
}

/** The result of a workflow that runs beside others: no time is skipped, which the server cannot do for several at once. */
export async function inRealTime({ workflowId }: WorkflowHandle, { environment }: Act): Promise<unknown> {
  return new Client({ connection: environment.connection }).workflow.getHandle(workflowId).result();
}
