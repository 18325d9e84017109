import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DeadLetterStore, NewDeadLetter } from '../../../src/activities/dead-letters.js';
import { createChargeStore } from '../../../src/adapters/postgres/money/charge-store.js';
import {
  createDeadLetterStore,
  resolveDeadLetters,
} from '../../../src/adapters/postgres/dead-letters/dead-letter-store.js';
import { createDeadLetterDecisionStore } from '../../../src/adapters/postgres/dead-letters/dead-letter-decision-store.js';
import { createOrderStore } from '../../../src/adapters/postgres/orders/order-store.js';
import { createReservationStore } from '../../../src/adapters/postgres/orders/reservation-store.js';
import { createOrderRows, type OrderRows } from '../../support/order-rows.js';
import { anOrder } from '../../support/orders.js';
import { startStack, type Stack } from '../../support/stack.js';

let stack: Stack;
let rows: OrderRows;
let deadLetters: DeadLetterStore;
beforeAll(async () => {
  stack = await startStack();
  rows = createOrderRows(stack.database);
  deadLetters = createDeadLetterStore(stack.database);
});
afterAll(async () => stack?.close());

const letter = (orderId: string, overrides: Partial<NewDeadLetter> = {}): NewDeadLetter => ({
  orderId,
  kind: 'compensation',
  step: 'release',
  errorClass: 'UndoFailing',
  lastError: 'the database is unavailable',
  ...overrides,
});

test('R24: opened by twenty at once it is one row, with the newest error and the most attempts', async () => {
  const orderId = await rows.insert('compensating');
  await Promise.all(
    Array.from({ length: 20 }, (_, attempts) => deadLetters.openDeadLetter(letter(orderId, { attempts }))),
  );
  await deadLetters.openDeadLetter(letter(orderId, { lastError: 'still away', step: 'refund' }));
  expect(await rows.letters(orderId)).toMatchObject([
    {
      state: 'open',
      attempts: 19,
      last_error: 'still away',
      step: 'refund',
      id: expect.stringMatching(/^dl_[0-9a-f]{32}$/),
    },
  ]);
});

test('another kind or another subject is another thing that is wrong', async () => {
  const orderId = await rows.insert('compensating');
  await deadLetters.openDeadLetter(letter(orderId));
  await deadLetters.openDeadLetter(letter(orderId, { kind: 'refund', subject: 'a' }));
  await deadLetters.openDeadLetter(letter(orderId, { kind: 'refund', subject: 'b' }));
  expect(await rows.letters(orderId)).toHaveLength(3);

  const { kysely } = stack.database;
  await kysely.transaction().execute((tx) => resolveDeadLetters(tx, orderId, ['refund'], 'done', { subject: 'a' }));
  const states = (await rows.letters(orderId)).map(({ kind, subject, state }) => `${kind} ${subject} ${state}`);
  expect(states).toEqual(['compensation  open', 'refund a resolved', 'refund b open']);
});

test('what is being redriven and fails again is open again; what was settled gets a new one', async () => {
  const orderId = await rows.insert('compensating');
  const { kysely } = stack.database;
  const setState = (state: 'redriving' | 'discarded') =>
    kysely.updateTable('dead_letters').set({ state }).where('order_id', '=', orderId).execute();
  await deadLetters.openDeadLetter(letter(orderId));
  await setState('redriving');
  await deadLetters.openDeadLetter(letter(orderId));
  expect(await rows.letters(orderId)).toMatchObject([{ state: 'open' }]);
  await setState('discarded');
  await deadLetters.openDeadLetter(letter(orderId));
  expect(await rows.letters(orderId)).toMatchObject([{ state: 'discarded' }, { state: 'open' }]);

  await kysely.transaction().execute((tx) => resolveDeadLetters(tx, orderId, ['compensation'], 'the order is failed'));
  expect(await rows.letters(orderId)).toMatchObject([
    { state: 'discarded', resolution: null },
    { state: 'resolved', resolution: 'the order is failed' },
  ]);
});

test('R3: an order that has no row can have one', async () => {
  await deadLetters.openDeadLetter(letter('never-written', { kind: 'run' }));
  expect(await rows.letters('never-written')).toHaveLength(1);
});

test('the dead letters of a charge say how often it was tried', async () => {
  const order = anOrder();
  const run = { orderId: order.orderId, owner: 'run-1' };
  const charges = createChargeStore(stack.database);
  const orders = createOrderStore(stack.database);
  await createReservationStore(stack.database).reserveInventory({ order, owner: run.owner, ttlMs: 60_000 });
  for (let tries = 0; tries < 4; tries += 1) {
    await charges.claim(run, 0, 60_000);
    await charges.troubled(
      run,
      1,
      { kind: tries === 3 ? 'ambiguous' : 'not_executed', reason: 'no' },
      { latencyMs: 1 },
    );
  }
  await charges.unknown(run, 1, { latencyMs: 1 });
  expect(await rows.letters(order.orderId)).toMatchObject([{ kind: 'payment_unknown', attempts: 4 }]);

  await charges.disproved(run, 1, { latencyMs: 1 });
  const failure = { step: 'charge', reason: 'payment_unavailable', detail: 'none' } as const;
  await orders.beginUndo({ order, owner: run.owner, ending: { status: 'failed', failure } });
  await orders.endOrder(run, { status: 'failed', failure });
  expect(await rows.letters(order.orderId)).toMatchObject([
    { kind: 'payment_unknown', state: 'resolved' },
    { kind: 'charge', attempts: 4, state: 'open' },
  ]);
});

test.each([
  ['payment_unavailable', 'admitted'],
  ['inventory_unavailable', 'admitted'],
  ['payment_declined', 'refused'],
  ['payment_mismatch', 'refused'],
  ['fraud_rejected', 'refused'],
] as const)('R28: an order that failed as %s is %s to a redrive, by whatever dead letter', async (reason, kind) => {
  const orderId = await rows.insert('failed');
  const { kysely } = stack.database;
  const failure = JSON.stringify({ step: 'charge', reason, detail: 'no' });
  await kysely.updateTable('orders').set({ failure }).where('order_id', '=', orderId).execute();
  // As the audit opens it while the order comes to its end.
  await deadLetters.openDeadLetter(letter(orderId, { kind: 'run', step: 'audit' }));
  const [{ id } = { id: '' }] = await rows.letters(orderId);
  const decision = await createOrderStore(stack.database).takeOverToRedrive({ orderId, owner: 'run-2' }, id);
  expect(decision).toMatchObject({ kind });
  const isTaken = kind === 'admitted';
  expect(await rows.letters(orderId)).toMatchObject([{ state: isTaken ? 'redriving' : 'open' }]);
  expect(await rows.order(orderId)).toMatchObject({ status: isTaken ? 'pending' : 'failed' });
});

test('they are listed by kind and state, page after page', async () => {
  const orderId = await rows.insert('compensating');
  for (const subject of ['a', 'b', 'c']) await deadLetters.openDeadLetter(letter(orderId, { kind: 'refund', subject }));
  await deadLetters.openDeadLetter(letter(orderId));
  const { list } = createDeadLetterDecisionStore(stack.database);
  const subjects: string[] = [];
  for (let after: { createdAt: string; id: string } | undefined; ;) {
    const place = after === undefined ? {} : { after };
    const [found] = await list({ state: 'open', kind: 'refund', orderId, limit: 1, ...place });
    if (found === undefined) break;
    subjects.push(found.subject);
    after = found;
  }
  expect(subjects).toEqual(['a', 'b', 'c']);
  expect(await list({ state: 'resolved', kind: 'refund', orderId, limit: 9 })).toEqual([]);
  expect(await list({ state: 'open', orderId, limit: 9 })).toHaveLength(4);
});
