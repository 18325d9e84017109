import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { auditOnce } from '../../src/activities/audit/audit.js';
import { auditLimits } from '../../src/activities/audit/audit-ports.js';
import { createChargeStore } from '../../src/adapters/postgres/money/charge-store.js';
import { createOrderStore } from '../../src/adapters/postgres/orders/order-store.js';
import { createRefundStore } from '../../src/adapters/postgres/money/refund-store.js';
import { createReservationStore } from '../../src/adapters/postgres/orders/reservation-store.js';
import { createScreeningStore } from '../../src/adapters/postgres/orders/screening-store.js';
import { DEFAULT_POLICY } from '../../src/domain/policy.js';
import type { AcceptedOrder, Undone } from '../../src/domain/order.js';
import { auditPortsOn, listening } from '../support/audit-ports.js';
import { anOrder } from '../support/orders.js';
import { startStack, type Stack } from '../support/stack.js';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(async () => stack?.close());

const call = { latencyMs: 1 };
const failure = { step: 'charge', reason: 'payment_declined', detail: 'no' } as const;

/** The steps of an order's run, as its workflow calls them, on the real stores. */
function runOf(order: AcceptedOrder, owner = 'run-1') {
  const { orderId } = order;
  const run = { orderId, owner };
  const [orders, charges] = [createOrderStore(stack.database), createChargeStore(stack.database)];
  const [refunds, reservations] = [createRefundStore(stack.database), createReservationStore(stack.database)];
  const screenings = createScreeningStore(stack.database);
  const money = { kind: 'captured', reference: `ch_${orderId}`, amountMinor: 3_998, currency: 'EUR' } as const;

  const steps = {
    screen: () => screenings.screened(order, owner, { verdict: 'review', detail: 'odd' }, 60_000),
    approve: () => screenings.reviewOrder(run, 'approve'),
    reserve: () => reservations.reserveInventory({ order, owner, ttlMs: 60_000 }),
    send: () => charges.claim(run, 1_000, 60_000),
    capture: () => charges.captured(run, 1, money, call),
    decline: () => charges.declined(run, 1, 'no', call),
    lose: async () => {
      await charges.troubled(run, 1, { kind: 'ambiguous', reason: 'reset' }, call);
      await charges.unknown(run, 1, call);
    },
    complete: () => orders.completeOrder(orderId),
    takeOverToCancel: () => orders.takeOverToCancel(run, 'changed my mind'),
    undo: async (ending: Undone) => {
      await orders.beginUndo({ order, owner, ending });
      for (const due of await refunds.due(run)) {
        if (due.state === 'due') await refunds.record(due.request.key, { kind: 'refunded', reference: 're' }, 1);
      }
      await reservations.releaseInventory(run);
      await orders.endOrder(run, ending);
    },
    fail: () => steps.undo({ status: 'failed', failure }),
    cancel: () => steps.undo({ status: 'cancelled', reason: 'asked' }),
  };
  return steps;
}

type Step = Exclude<keyof ReturnType<typeof runOf>, 'undo'>;

const WAYS: Step[][] = [
  ['reserve', 'send', 'capture'],
  ['screen', 'approve', 'reserve', 'send', 'capture', 'complete'],
  ['screen'],
  ['screen', 'cancel'],
  ['reserve', 'send', 'decline', 'fail'],
  ['reserve', 'cancel'],
  ['reserve', 'send', 'lose'],
  ['reserve', 'send', 'lose', 'capture'],
  ['reserve', 'send', 'capture', 'takeOverToCancel', 'cancel'],
];

test('a database that real steps wrote passes the audit, no matter how old it is', async () => {
  for (const way of WAYS) {
    const steps = runOf(anOrder());
    for (const step of way) await steps[step]();
  }
  const { ports } = auditPortsOn(stack.database);
  const observer = listening();
  // No margin: nothing is under way here but what waits for a person.
  const report = await auditOnce(ports, { ...auditLimits(DEFAULT_POLICY), marginMs: 0 }, observer);
  expect(observer.lines).toEqual([]);
  expect(report.ok).toBe(true);
  const { rows } = await stack.database.pool.query('select distinct status from orders order by 1');
  expect(rows.map(({ status }) => status)).toEqual([
    'cancelled',
    'completed',
    'confirmed',
    'failed',
    'in_review',
    'payment_unknown',
  ]);
});
