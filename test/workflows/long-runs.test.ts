import { describe, expect } from '@jest/globals';
import { WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import type { LookupResult } from '../../src/activities/payments.js';
import * as contract from '../../src/workflows/contract.js';
import { eventually } from '../support/end-state.js';
import {
  ambiguous,
  captured,
  createFakeGateway,
  notExecuted,
  processing,
  refunded,
  refusal,
} from '../support/fake-gateway.js';
import { aCheck } from '../support/fake-screenings.js';
import { timersOf } from './run-histories.js';
import { openStage, test, until, type Act, type Scene } from './stage.js';

const stage = openStage();
const SIGNALS = 1_100;

/** A run may end on its own as it is told to look, and the Java server has a moment between a run and the next one. */
const unlessOver = (error: unknown): void => {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
};

const look = (handle: WorkflowHandle) => handle.signal(contract.news, { kind: 'look' }).catch(unlessOver);

/** Sends many signals at once, some of them while the others are handled. */
async function flood({ environment }: Act, { workflowId }: WorkflowHandle): Promise<void> {
  const handle = environment.client.workflow.getHandle(workflowId);
  for (let sent = 0; sent < SIGNALS; sent += 50) {
    await Promise.all(Array.from({ length: 50 }, () => look(handle)));
  }
}

const continuesAsNew = (act: Act, handle: WorkflowHandle) =>
  eventually(
    () => act.runs(handle),
    ({ length }) => length > 1,
  );

const eventsOf = async (act: Act, handle: WorkflowHandle) =>
  (await act.runs(handle)).map(({ events }) => events?.length ?? 0);

/** A charge that was sent and not answered. */
function silentGateway() {
  const truth: { value: LookupResult } = { value: processing };
  const gateway = createFakeGateway({ charge: () => ambiguous, lookup: () => truth.value });
  const tell = ({ order: { orderId, totalMinor: amountMinor, currency } }: Act) => {
    const key = `${orderId}:charge:1`;
    gateway.take({ key, orderId: '', amountMinor, currency, method: '' });
    truth.value = captured({ key, amountMinor, currency });
  };
  return { gateway, tell };
}
const isUnknown = ({ books, order }: Act) =>
  until(() => books.has(order.orderId) && books.entry(order.orderId).status === 'payment_unknown');

describe('a checkout whose charge is unknown', () => {
  test('continues as new each day, charges once, and keeps its pauses between look-ups', async () => {
    const { gateway, tell } = silentGateway();
    const { outcome, entry, handle, runs } = await stage.run({ gateway }, async (_handle, act) => {
      await isUnknown(act);
      await act.sleep('5 days');
      const before = gateway.lookups.length;
      await act.sleep('5 days');
      expect(gateway.lookups.length - before).toBeLessThanOrEqual(6);
      tell(act);
    });
    expect(outcome).toEqual({ status: 'confirmed' });
    expect((await runs(handle)).length).toBeGreaterThan(5);
    expect(gateway.calls).toHaveLength(1);
    expect(entry.trail).toEqual(['pending', 'reserved', 'payment_unknown', 'confirmed']);
  });

  test('handles a flood of look-up requests with a few look-ups in short runs, and the cancel that follows', async () => {
    const { gateway, tell } = silentGateway();
    const { outcome, entry } = await stage.run({ gateway }, async (handle, act) => {
      await isUnknown(act);
      await act.sleep('10 hours');
      await flood(act, handle);
      await until(() => gateway.lookups.length > 2);
      await handle.signal(contract.cancelOrder, { reason: 'too slow' });
      await until(() => act.entry().status === 'cancelling');
      expect((await act.runs(handle)).length).toBeGreaterThan(1);
      expect(Math.max(...(await eventsOf(act, handle)))).toBeLessThan(8_000);
      tell(act);
      await look(handle);
    });
    expect(outcome).toEqual({ status: 'cancelled', reason: 'too slow' });
    expect(gateway.calls).toHaveLength(1);
    expect(gateway.kept()).toBe(0);
    expect(entry.held).toBe('released');
  });

  test('is settled by evidence that comes in the middle of a flood', async () => {
    const { gateway } = silentGateway();
    const { outcome, letters } = await stage.run({ gateway }, async (handle, act) => {
      await isUnknown(act);
      const deadLetterId = act.books.lettersOf(act.order.orderId)[0]?.id ?? '';
      const evidence = { about: 'charge', deadLetterId, happened: true, reference: 'seen', note: 'seen' } as const;
      const latest = act.environment.client.workflow.getHandle(handle.workflowId);
      await Promise.all([flood(act, handle), latest.signal(contract.news, { kind: 'evidence', evidence })]);
    });
    expect(outcome).toEqual({ status: 'confirmed' });
    expect(letters).toEqual(['payment_unknown resolved']);
  });
});

test('a checkout whose charge cannot be sent for hours keeps its runs short, and its deadline and tries', async () => {
  const hours = 2;
  const gateway = createFakeGateway({
    charge: (_request, call) => (call === 1 ? notExecuted : { kind: 'refused', retryAfterMs: 5_000 }),
  });
  const { outcome, handle, runs, entry } = await stage.run({
    gateway,
    policy: { paymentDeadlineMs: hours * 3_600_000 },
  });
  expect(outcome).toMatchObject({ failure: { reason: 'payment_unavailable' } });
  const histories = await runs(handle);
  const waitedS = timersOf(histories).reduce((sum, seconds) => sum + seconds, 0);
  expect(waitedS).toBeGreaterThan(0.8 * hours * 3_600);
  expect(waitedS).toBeLessThan(1.1 * hours * 3_600);
  const lengths = histories.map(({ events }) => events?.length ?? 0);
  expect(lengths.length).toBeGreaterThan(1);
  expect(Math.max(...lengths)).toBeLessThan(4_500);
  expect(entry.attempts).toMatchObject([{ tries: 1, state: 'not_charged' }]);
});

test('a review takes a flood, and the decision that follows', async () => {
  const { outcome, entry } = await stage.run(
    {
      policy: { fraudChecks: [{ name: 'check', limits: {} }] },
      fraudChecks: [aCheck(() => ({ verdict: 'review', detail: 'a large order' }))],
    },
    async (handle, act) => {
      await until(() => act.books.has(act.order.orderId) && act.entry().status === 'in_review');
      await flood(act, handle);
      await continuesAsNew(act, handle);
      expect(act.entry().status).toBe('in_review');
      await handle.executeUpdate(contract.reviewOrder, { args: [{ decision: 'approve' }] });
    },
  );
  expect(outcome).toEqual({ status: 'confirmed' });
  expect(entry.trail).toEqual(['pending', 'in_review', 'pending', 'reserved', 'confirmed']);
});

/** Confirms the order, and refuses its refunds. */
async function withRefusedRefund(script: (act: Act, bank: { refuses: boolean }) => Promise<void>): Promise<void> {
  const bank = { refuses: true };
  const gateway = createFakeGateway({ refund: (request) => (bank.refuses ? refusal : refunded(request)) });
  await stage.play({ gateway }, async (act) => {
    await (await act.checkOut()).result();
    await script(act, bank);
    expect(gateway.calls).toHaveLength(1);
    expect(gateway.kept()).toBe(0);
    expect(act.letters()).toEqual(['refund resolved']);
  });
}
const refusedOnce = (act: Act) => until(() => act.letters().includes('refund open'));
const redrive = ({ books, order }: Act) =>
  ({ kind: 'redrive', deadLetterId: books.lettersOf(order.orderId)[0]?.id ?? '' }) as const;

describe('a refund that is refused for days', () => {
  test('of a cancel: continues as new, says that it is under way, and ends by its redrive', async () => {
    await withRefusedRefund(async (act, bank) => {
      const { order, policy } = act;
      const id = contract.cancelWorkflowId(order.orderId);
      const { handle } = await act.admit(contract.CANCEL_SETTLED_ORDER, id, [order, policy, 'no']);
      await refusedOnce(act);
      await act.sleep('4 days');
      expect((await act.runs(handle)).length).toBeGreaterThan(1);
      expect(await handle.executeUpdate(contract.admission)).toEqual({ kind: 'admitted' });
      bank.refuses = false;
      await handle.signal(contract.news, redrive(act));
      expect(await handle.result()).toEqual({ status: 'cancelled', reason: 'no' });
    });
  });

  test('of a refund: continues as new, takes a flood, and is restocked after its redrive', async () => {
    await withRefusedRefund(async (act, bank) => {
      const { order, policy } = act;
      const request = { orderId: order.orderId, refundId: 'rf_1', reason: 'broken', restock: true, fingerprint: 'f' };
      const { handle } = await act.admit(contract.REFUND_ORDER, contract.refundWorkflowId('rf_1'), [request, policy]);
      await refusedOnce(act);
      await act.sleep('2 days');
      await flood(act, handle);
      bank.refuses = false;
      await handle.signal(contract.news, redrive(act));
      expect(await handle.result()).toEqual({ kind: 'admitted' });
      expect((await act.runs(handle)).length).toBeGreaterThan(2);
      expect(act.entry().held).toBe('restocked');
    });
  });
});

test('an undo that keeps failing under a flood continues as new, and resolves its dead letter when it is done', async () => {
  const release = { isBroken: true };
  const ports: Scene['ports'] = ({ reservations }) => ({
    reservations: {
      ...reservations,
      releaseInventory: async (run) => {
        if (release.isBroken) throw new Error('the database is unavailable');
        return reservations.releaseInventory(run);
      },
    },
  });
  const gateway = createFakeGateway({ charge: () => ({ kind: 'declined', code: 'no' }) });
  const { outcome, letters, entry } = await stage.run({ gateway, ports }, async (handle, act) => {
    await act.sleep('20 minutes');
    await until(() => act.letters().includes('compensation open'));
    await flood(act, handle);
    await continuesAsNew(act, handle);
    expect(act.letters()).toEqual(['compensation open']);
    release.isBroken = false;
    await look(handle);
  });
  expect(outcome).toMatchObject({ failure: { reason: 'payment_declined' } });
  expect(letters).toEqual(['compensation resolved']);
  expect(entry.held).toBe('released');
});

stage.replaysEverything();
