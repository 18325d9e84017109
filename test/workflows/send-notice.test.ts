import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WithStartWorkflowOperation, type WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { createNoticeActivities, type NotifyOutcome, type NoticeStore } from '../../src/activities/notices.js';
import { noticeSubject, type NoticeRef, type NoticeState } from '../../src/domain/notice.js';
import type { Admission } from '../../src/domain/outcomes.js';
import { admission, noticeWorkflowId, SEND_NOTICE } from '../../src/workflows/contract.js';
import { aNotice } from '../support/notices.js';
import { BUNDLE, startTimeSkipping, STARTING_MS } from '../support/time-skipping.js';

const HOUR = 3_600_000;

let environment: TestWorkflowEnvironment;
const histories: { workflowId: string; history: Awaited<ReturnType<WorkflowHandle['fetchHistory']>> }[] = [];
beforeAll(async () => {
  environment = await startTimeSkipping();
}, STARTING_MS);
afterAll(async () => environment?.teardown());

/** The book of one notice, and a notifier that answers as it is told. */
function open(orderId: string, answer: (tries: number) => NotifyOutcome | Promise<NotifyOutcome>) {
  const ref: NoticeRef = { orderId, seq: 3, channel: 'smtp' };
  const book = { state: 'pending' as NoticeState, fault: '', letters: [] as string[], tries: [] as number[] };
  const notices: NoticeStore = {
    begin: async () => ({
      state: book.state,
      event: 'order.confirmed',
      orderStatus: 'confirmed',
      notice: aNotice({ orderId }),
    }),
    async settle(_ref, outcome) {
      book.state = outcome.kind === 'rejected' ? 'failed' : outcome.kind;
      if (outcome.kind === 'rejected') book.letters.push(outcome.errorClass);
      return book.state;
    },
    giveUp: (one, errorClass) => notices.settle(one, { kind: 'rejected', errorClass: `${errorClass} ${book.fault}` }),
    async noteFault(_ref, errorClass) {
      book.fault = errorClass;
    },
    async reopen(one, id) {
      if (id !== 'dl_open' || book.state !== 'failed') return { kind: 'refused', code: 'superseded', status: null };
      expect(noticeSubject(one)).toBe('3:smtp');
      book.state = 'pending';
      return { kind: 'admitted' };
    },
  };
  const notify = async () => {
    book.tries.push(await environment.currentTimeMs());
    return answer(book.tries.length);
  };
  const activities = createNoticeActivities({ notices, notifiers: [{ channel: 'smtp', notify }] });
  return { ref, book, activities };
}

async function play<T>(stage: ReturnType<typeof open>, script: (taskQueue: string) => Promise<T>): Promise<T> {
  const taskQueue = noticeWorkflowId(stage.ref);
  const { nativeConnection: connection } = environment;
  const worker = await Worker.create({ connection, taskQueue, workflowBundle: BUNDLE, activities: stage.activities });
  return worker.runUntil(async () => {
    const result = await script(taskQueue);
    const workflowId = noticeWorkflowId(stage.ref);
    histories.push({ workflowId, history: await environment.client.workflow.getHandle(workflowId).fetchHistory() });
    return result;
  });
}

const run = (stage: ReturnType<typeof open>) =>
  play(stage, (taskQueue) =>
    environment.client.workflow.execute(SEND_NOTICE, {
      workflowId: noticeWorkflowId(stage.ref),
      taskQueue,
      args: [stage.ref],
    }),
  );

test('tries with growing pauses until the notice gets through', async () => {
  const stage = open('order-a', (tries) => {
    if (tries < 5) throw Object.assign(new Error('<ada@example.com> is unavailable'), { code: 'ESOCKET' });
    return { kind: 'sent' };
  });
  expect(await run(stage)).toBe('sent');
  const { tries } = stage.book;
  const pauses = tries.slice(1).map((at, i) => Math.round((at - (tries[i] ?? 0)) / 1_000));
  expect(pauses).toHaveLength(4);
  for (const [i, pause] of pauses.entries()) {
    expect(pause).toBeGreaterThanOrEqual(20 * 2 ** i);
    expect(pause).toBeLessThan(20 * 2 ** i + 10);
  }
  expect(stage.book).toMatchObject({ fault: 'Error ESOCKET', letters: [] });
});

test('gives up after three days, an hour apart at most, with a dead letter that names the last error', async () => {
  const stage = open('order-b', () => {
    throw Object.assign(new Error('<ada@example.com> is unavailable'), { name: 'SmtpFault', code: 'ESOCKET' });
  });
  expect(await run(stage)).toBe('failed');
  const { tries, letters } = stage.book;
  const lasted = (tries.at(-1) ?? 0) - (tries[0] ?? 0);
  expect(lasted).toBeGreaterThan(70 * HOUR);
  expect(lasted).toBeLessThanOrEqual(72 * HOUR);
  expect(tries.length).toBeGreaterThan(70);
  expect(letters).toEqual(['TriesExhausted SmtpFault ESOCKET']);
});

test('ends immediately when the other side will never accept it', async () => {
  const stage = open('order-c', () => ({ kind: 'rejected', errorClass: 'EENVELOPE_550' }));
  expect(await run(stage)).toBe('failed');
  expect(stage.book).toMatchObject({ letters: ['EENVELOPE_550'], tries: [expect.any(Number)] });
});

test('gives up when Temporal is asked to cancel it', async () => {
  const stage = open('order-d', () => {
    throw new Error('away');
  });
  const state = await play(stage, async (taskQueue) => {
    const workflowId = noticeWorkflowId(stage.ref);
    const handle = await environment.client.workflow.start(SEND_NOTICE, { workflowId, taskQueue, args: [stage.ref] });
    while (stage.book.fault === '') await new Promise((resolve) => setTimeout(resolve, 10));
    await handle.cancel();
    return handle.result() as Promise<unknown>;
  });
  expect(state).toBe('failed');
  expect(stage.book.letters).toEqual(['Cancelled Error']);
});

test('is redriven by the dead letter that is open, and by no other', async () => {
  const stage = open('order-e', () => ({ kind: 'sent' }));
  stage.book.state = 'failed';
  const redrive = (deadLetterId: string) =>
    play(stage, async (taskQueue): Promise<[Admission, unknown]> => {
      const startWorkflowOperation = new WithStartWorkflowOperation(SEND_NOTICE, {
        workflowId: noticeWorkflowId(stage.ref),
        taskQueue,
        args: [stage.ref, { deadLetterId }],
        workflowIdConflictPolicy: 'FAIL',
      });
      const decision = await environment.client.workflow.executeUpdateWithStart(admission, { startWorkflowOperation });
      return [decision, await (await startWorkflowOperation.workflowHandle()).result()];
    });
  expect(await redrive('dl_other')).toEqual([{ kind: 'refused', code: 'superseded', status: null }, 'superseded']);
  expect(stage.book.tries).toEqual([]);
  expect(await redrive('dl_open')).toEqual([{ kind: 'admitted' }, 'sent']);
  expect(stage.book.tries).toHaveLength(1);
});

test('keeps addresses out of every history, and replays them all without a difference', async () => {
  expect(histories.length).toBeGreaterThanOrEqual(6);
  const decoded = JSON.stringify(histories, (_key, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value,
  );
  expect(decoded).toContain('NoticeFault');
  expect(decoded).not.toContain('ada@example.com');

  const errors: unknown[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: BUNDLE }, histories)) {
    if (error !== undefined) errors.push(workflowId, error);
  }
  expect(errors).toEqual([]);
});
