import { describe, expect } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { cancelOrder, orderWorkflowId, PROCESS_ORDER } from '../../src/workflows/contract.js';
import { createFakeBooks } from '../support/fake-books.js';
import { ambiguous, captured, createFakeGateway, notExecuted, processing } from '../support/fake-gateway.js';
import { anOrder } from '../support/orders.js';
import { cancels, comesTrue, openStage, test, until } from './stage.js';

const stage = openStage();
const { run } = stage;

describe('an order', () => {
  test('is confirmed on the first try with one workflow task and two local activities', async () => {
    const { outcome, handle, entry, books } = await run({});
    expect(outcome).toEqual({ status: 'confirmed' });
    expect(entry.trail).toEqual(['pending', 'reserved', 'confirmed']);
    expect(books.stock).toEqual({ 'product-A': 8 });

    const { events } = await handle.fetchHistory();
    const types = (events ?? []).map((event) => event.attributes);
    expect(types.filter((type) => type === 'markerRecordedEventAttributes')).toHaveLength(2);
    expect(types.filter((type) => type === 'workflowTaskCompletedEventAttributes')).toHaveLength(1);
    expect(types).not.toContain('activityTaskScheduledEventAttributes');
  });

  test('is confirmed at the third call when the gateway fails twice, 1 s and then 2 s apart', async () => {
    const at: number[] = [];
    const gateway = createFakeGateway({
      charge: async (request, call) => {
        at.push(await stage.now());
        return call <= 2 ? notExecuted : captured(request);
      },
    });
    const { outcome, entry } = await run({ gateway });
    expect(outcome).toEqual({ status: 'confirmed' });
    expect(gateway.calls).toHaveLength(3);
    expect(new Set(gateway.calls.map((call) => call.key)).size).toBe(1);
    const [first = 0, second = 0, third = 0] = at;
    expect(second - first).toBeGreaterThanOrEqual(1_000);
    expect(third - second).toBeGreaterThanOrEqual(2_000);
    expect(entry.attempts[0]?.tries).toBe(3);
  });

  test('fails as payment_unavailable after exactly four calls when the gateway never takes it, and its stock is free', async () => {
    const gateway = createFakeGateway({ charge: () => notExecuted });
    const { outcome, entry, books } = await run({ gateway });
    expect(outcome).toMatchObject({ status: 'failed', failure: { step: 'charge', reason: 'payment_unavailable' } });
    expect(gateway.calls).toHaveLength(4);
    expect(gateway.ledger.size).toBe(0);
    expect(entry.held).toBe('released');
    expect(books.stock).toEqual({ 'product-A': 10 });
  });

  test('fails as payment_declined after one call: a decline is an answer, not a fault', async () => {
    const gateway = createFakeGateway({ charge: () => ({ kind: 'declined', code: 'card_declined' }) });
    const { outcome, books } = await run({ gateway });
    expect(outcome).toEqual({
      status: 'failed',
      failure: { step: 'charge', reason: 'payment_declined', detail: 'card_declined' },
    });
    expect(gateway.calls).toHaveLength(1);
    expect(books.stock).toEqual({ 'product-A': 10 });
  });

  test('fails as out_of_stock without a charge, and nothing is held', async () => {
    const books = createFakeBooks({ 'product-A': 1 });
    const { outcome, gateway, entry } = await run({ books });
    expect(outcome).toMatchObject({ failure: { reason: 'out_of_stock', detail: 'product-A: 2 wanted, 1 left' } });
    expect(gateway.calls).toHaveLength(0);
    expect(entry.held).toBe('none');
    expect(books.stock).toEqual({ 'product-A': 1 });
  });

  test('fails as inventory_unavailable when stock cannot be reserved in four tries', async () => {
    let tries = 0;
    const { outcome, gateway } = await run({
      ports: ({ reservations }) => ({
        reservations: {
          ...reservations,
          reserveInventory: async () => {
            tries += 1;
            throw new Error('the database is unavailable');
          },
        },
      }),
    });
    expect(outcome).toMatchObject({ failure: { step: 'reserve', reason: 'inventory_unavailable' } });
    expect(tries).toBe(4);
    expect(gateway.calls).toHaveLength(0);
  });

  test('reports its outcome to Temporal only if it is not confirmed', async () => {
    const declined = await run({ gateway: createFakeGateway({ charge: () => ({ kind: 'declined', code: 'no' }) }) });
    const { searchAttributes } = await declined.handle.describe();
    expect(searchAttributes).toMatchObject({ OrderOutcome: ['payment_declined'] });
    const confirmed = await run({});
    expect((await confirmed.handle.describe()).searchAttributes).not.toHaveProperty('OrderOutcome');
  });

  test('cannot be started a second time, neither while it runs nor after it has ended', async () => {
    const order = anOrder();
    await stage.play({ order }, async ({ environment, taskQueue, policy, checkOut }) => {
      const start = () =>
        environment.client.workflow.start(PROCESS_ORDER, {
          workflowId: orderWorkflowId(order.orderId),
          taskQueue,
          args: [order, policy],
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          workflowIdConflictPolicy: 'FAIL',
        });
      const handle = await checkOut();
      await expect(start()).rejects.toBeInstanceOf(WorkflowExecutionAlreadyStartedError);
      await handle.result();
      await expect(start()).rejects.toBeInstanceOf(WorkflowExecutionAlreadyStartedError);
    });
  });
});

describe('a compensation', () => {
  test('that fails three times is tried again until it is done, and the order ends', async () => {
    let tries = 0;
    const { outcome, entry, books } = await run({
      gateway: createFakeGateway({ charge: () => ({ kind: 'declined', code: 'no' }) }),
      ports: ({ reservations }) => ({
        reservations: {
          ...reservations,
          releaseInventory: async (run) => {
            tries += 1;
            if (tries <= 3) throw new Error('the database is unavailable');
            return reservations.releaseInventory(run);
          },
        },
      }),
    });
    expect(tries).toBe(4);
    expect(outcome.status).toBe('failed');
    expect(entry.trail).toEqual(['pending', 'reserved', 'compensating', 'failed']);
    expect(books.stock).toEqual({ 'product-A': 10 });
  });
});

describe('a charge whose outcome is not known', () => {
  test('R7: is found by look-up and confirms the order, without a second charge', async () => {
    const gateway = createFakeGateway({
      charge: (request) => {
        gateway.take(request);
        return ambiguous;
      },
    });
    const { outcome } = await run({ gateway });
    expect(outcome).toEqual({ status: 'confirmed' });
    expect(gateway.calls).toHaveLength(1);
    expect(gateway.ledger.size).toBe(1);
  });

  test('R29: keeps stock and key for as long as look-ups say "processing", and then confirms', async () => {
    const held: string[] = [];
    const books = createFakeBooks();
    const order = anOrder();
    const gateway = createFakeGateway({
      charge: () => ambiguous,
      lookup: (key, call) => {
        held.push(books.entry(order.orderId).held);
        return call < 8 ? processing : captured({ key, amountMinor: order.totalMinor, currency: 'EUR' });
      },
    });
    const { outcome, entry } = await run({ books, gateway, order });
    expect(outcome).toEqual({ status: 'confirmed' });
    expect(entry.trail).toEqual(['pending', 'reserved', 'payment_unknown', 'confirmed']);
    expect(new Set(held)).toEqual(new Set(['active']));
    expect(new Set(gateway.calls.map((call) => call.key)).size).toBe(1);
  });

  test('fails the order once a look-up proves that nothing was charged', async () => {
    const gateway = createFakeGateway({ charge: () => ambiguous });
    const { outcome, books } = await run({ gateway });
    expect(outcome).toMatchObject({ failure: { reason: 'payment_unavailable' } });
    expect(books.stock).toEqual({ 'product-A': 10 });
  });
});

describe('a cancel', () => {
  test('R13: that arrives while the local charge runs ends in one charge, one refund, cancelled', async () => {
    const sent: { handle?: WorkflowHandle } = {};
    const gateway = createFakeGateway({
      charge: async (request) => {
        // The signal makes Temporal throw the workflow task away, with the charge that it remembers.
        await sent.handle?.signal(cancelOrder, { reason: 'changed my mind' });
        return captured(request);
      },
    });
    const { outcome, entry, books } = await run(
      {
        gateway,
        ports: ({ reservations }) => ({
          reservations: {
            ...reservations,
            // Hold the workflow until the test has its handle.
            reserveInventory: async (...args) => {
              await comesTrue(() => sent.handle !== undefined);
              return reservations.reserveInventory(...args);
            },
          },
        }),
      },
      async (handle) => {
        sent.handle = handle;
      },
    );
    expect(outcome).toEqual({ status: 'cancelled', reason: 'changed my mind' });
    expect(gateway.moves).toHaveLength(2);
    expect(gateway.kept()).toBe(0);
    expect(entry).toMatchObject({ status: 'cancelled', held: 'restocked' });
    expect(entry.refunds).toMatchObject([{ state: 'succeeded' }]);
    expect(books.stock).toEqual({ 'product-A': 10 });
  });

  test.each(cancels)(
    'R12: by %s between two tries of the charge stops it: nothing is charged',
    async (_by, cancel, reason) => {
      const gateway = createFakeGateway({ charge: () => notExecuted });
      const { outcome, books, entry } = await run({ gateway }, async (handle, act) => {
        await until(() => gateway.calls.length === 1);
        await act.sleep('1 second');
        await until(() => gateway.calls.length === 2);
        await cancel(handle);
      });
      expect(outcome).toEqual({ status: 'cancelled', reason });
      expect(gateway.calls).toHaveLength(2);
      expect(gateway.ledger.size).toBe(0);
      expect(entry.held).toBe('released');
      expect(books.stock).toEqual({ 'product-A': 10 });
    },
  );
});

stage.replaysEverything();
