import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { DEFAULT_POLICY } from '../../src/domain/policy.js';
import type { Ports } from '../../src/worker.js';
import { cancelOrder } from '../../src/workflows/contract.js';
import { createFakeBooks } from '../support/fake-books.js';
import { ambiguous, captured, createFakeGateway, notExecuted } from '../support/fake-gateway.js';
import { anOrder } from '../support/orders.js';
import { startOrder, startTimeSkipping, withWorker } from '../support/time-skipping.js';

let environment: TestWorkflowEnvironment;
beforeAll(async () => {
  environment = await startTimeSkipping();
});
afterAll(async () => environment?.teardown());

interface Scene {
  books?: ReturnType<typeof createFakeBooks>;
  gateway?: ReturnType<typeof createFakeGateway>;
  ports?: (ports: Ports) => Partial<Ports>;
  order?: ReturnType<typeof anOrder>;
  meanwhile?: (handle: WorkflowHandle) => Promise<void>;
}

/** Runs one order to its end over fake ports and tells what is left behind. */
async function run({ books = createFakeBooks({ 'product-A': 10 }), gateway = createFakeGateway(), ...scene }: Scene) {
  const order = scene.order ?? anOrder();
  const ports: Ports = { ...books, gateway: gateway.gateway, fraudChecks: [] };
  return withWorker(environment, { ...ports, ...scene.ports?.(ports) }, async () => {
    const handle = await startOrder(environment, order, DEFAULT_POLICY);
    await scene.meanwhile?.(handle);
    const outcome = await handle.result();
    return { outcome, handle, books, gateway, entry: books.entry(order.orderId), order };
  });
}

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
    const gateway = createFakeGateway(async (request, call) => {
      at.push(await environment.currentTimeMs());
      return call <= 2 ? notExecuted : captured(request);
    });
    const { outcome, entry } = await run({ gateway });
    expect(outcome).toEqual({ status: 'confirmed' });
    expect(gateway.calls).toHaveLength(3);
    expect(new Set(gateway.calls.map((call) => call.key)).size).toBe(1);
    const [first = 0, second = 0, third = 0] = at;
    expect(second - first).toBeGreaterThanOrEqual(1_000);
    expect(third - second).toBeGreaterThanOrEqual(2_000);
    expect(entry.attempt?.tries).toBe(3);
  });

  test('fails as payment_unavailable after exactly four calls when the gateway never takes it, and its stock is free', async () => {
    const gateway = createFakeGateway(() => notExecuted);
    const { outcome, entry, books } = await run({ gateway });
    expect(outcome).toMatchObject({ status: 'failed', failure: { step: 'charge', reason: 'payment_unavailable' } });
    expect(gateway.calls).toHaveLength(4);
    expect(gateway.ledger.size).toBe(0);
    expect(entry.held).toBe('released');
    expect(books.stock).toEqual({ 'product-A': 10 });
  });

  test('fails as payment_declined after one call: a decline is an answer, not a fault', async () => {
    const gateway = createFakeGateway(() => ({ kind: 'declined', code: 'card_declined' }));
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
          reserve: async () => {
            tries += 1;
            throw new Error('the database is away');
          },
        },
      }),
    });
    expect(outcome).toMatchObject({ failure: { step: 'reserve', reason: 'inventory_unavailable' } });
    expect(tries).toBe(4);
    expect(gateway.calls).toHaveLength(0);
  });

  test('tells its outcome to Temporal only when it is not confirmed', async () => {
    const declined = await run({ gateway: createFakeGateway(() => ({ kind: 'declined', code: 'no' })) });
    const { searchAttributes } = await declined.handle.describe();
    expect(searchAttributes).toMatchObject({ OrderOutcome: ['payment_declined'] });
    const confirmed = await run({});
    expect((await confirmed.handle.describe()).searchAttributes).not.toHaveProperty('OrderOutcome');
  });

  test('cannot be started a second time, neither while it runs nor after it has ended', async () => {
    const order = anOrder();
    await run({
      order,
      meanwhile: async () => {
        const again = startOrder(environment, order, DEFAULT_POLICY);
        await expect(again).rejects.toBeInstanceOf(WorkflowExecutionAlreadyStartedError);
      },
    });
    const later = startOrder(environment, order, DEFAULT_POLICY);
    await expect(later).rejects.toBeInstanceOf(WorkflowExecutionAlreadyStartedError);
  });
});

describe('a compensation', () => {
  test('that fails three times is tried again until it is done, and the order ends', async () => {
    let tries = 0;
    const { outcome, entry, books } = await run({
      gateway: createFakeGateway(() => ({ kind: 'declined', code: 'no' })),
      ports: ({ reservations }) => ({
        reservations: {
          ...reservations,
          release: async (run) => {
            tries += 1;
            if (tries <= 3) throw new Error('the database is away');
            return reservations.release(run);
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
  test('is found by look-up and confirms the order, without a second charge', async () => {
    const gateway = createFakeGateway((request, call) => {
      if (call === 1) gateway.ledger.set(request.key, request);
      return ambiguous;
    });
    const { outcome } = await run({ gateway });
    expect(outcome).toEqual({ status: 'confirmed' });
    expect(gateway.calls).toHaveLength(1);
    expect(gateway.ledger.size).toBe(1);
  });

  test('keeps stock and key for as long as look-ups say "processing", and then confirms', async () => {
    const trail: string[] = [];
    const books = createFakeBooks({ 'product-A': 10 });
    const order = anOrder();
    const gateway = createFakeGateway(
      () => ambiguous,
      (call) => {
        trail.push(books.entry(order.orderId).held);
        if (call < 8) return { kind: 'processing' };
        return { kind: 'captured', reference: 'late', amountMinor: order.totalMinor, currency: 'EUR' };
      },
    );
    const { outcome, entry } = await run({ books, gateway, order });
    expect(outcome).toEqual({ status: 'confirmed' });
    expect(entry.trail).toEqual(['pending', 'reserved', 'payment_unknown', 'confirmed']);
    expect(new Set(trail)).toEqual(new Set(['active']));
    expect(new Set(gateway.calls.map((call) => call.key)).size).toBe(1);
  });

  test('fails the order once a look-up proves that nothing was charged', async () => {
    const gateway = createFakeGateway(() => ambiguous);
    const { outcome, books } = await run({ gateway });
    expect(outcome).toMatchObject({ failure: { reason: 'payment_unavailable' } });
    expect(books.stock).toEqual({ 'product-A': 10 });
  });
});

describe('a cancel', () => {
  test('that arrives while the local charge runs ends in one charge, one refund, cancelled', async () => {
    const sent: { handle?: WorkflowHandle } = {};
    const gateway = createFakeGateway(async (request) => {
      // The signal makes Temporal throw the workflow task away, with the charge that it remembers.
      await sent.handle?.signal(cancelOrder, { reason: 'changed my mind' });
      return captured(request);
    });
    const books = createFakeBooks({ 'product-A': 10 });
    const order = anOrder();
    const { outcome, entry } = await run({
      books,
      gateway,
      order,
      meanwhile: async (handle) => {
        sent.handle = handle;
      },
      ports: ({ reservations }) => ({
        reservations: {
          ...reservations,
          // Hold the workflow until the test has its handle.
          reserve: async (...args) => {
            while (sent.handle === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
            return reservations.reserve(...args);
          },
        },
      }),
    });
    expect(outcome).toEqual({ status: 'cancelled', reason: 'changed my mind' });
    expect(gateway.ledger.size).toBe(1);
    expect(gateway.refunds).toHaveLength(1);
    expect(entry).toMatchObject({ status: 'cancelled', refund: 'succeeded', held: 'released' });
    expect(books.stock).toEqual({ 'product-A': 10 });
  });

  test('that arrives between two tries of the charge stops it: nothing is charged', async () => {
    const sent: { handle?: WorkflowHandle } = {};
    const gateway = createFakeGateway(async (_request, call) => {
      if (call === 2) await sent.handle?.signal(cancelOrder, { reason: 'too slow' });
      return notExecuted;
    });
    const { outcome, books } = await run({
      gateway,
      meanwhile: async (handle) => {
        sent.handle = handle;
      },
    });
    expect(outcome).toEqual({ status: 'cancelled', reason: 'too slow' });
    expect(gateway.calls.length).toBeLessThan(4);
    expect(gateway.ledger.size).toBe(0);
    expect(books.stock).toEqual({ 'product-A': 10 });
  });

  test('through Temporal itself is treated like one of ours', async () => {
    const sent: { handle?: WorkflowHandle } = {};
    const gateway = createFakeGateway(async (_request, call) => {
      if (call === 2) await sent.handle?.cancel();
      return notExecuted;
    });
    const { outcome, entry } = await run({
      gateway,
      meanwhile: async (handle) => {
        sent.handle = handle;
      },
    });
    expect(outcome).toEqual({ status: 'cancelled', reason: 'cancelled in Temporal' });
    expect(entry.held).toBe('released');
  });
});
