import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cancelWorkflowId, orderWorkflowId } from '../../../src/workflows/contract.js';
import { QUICK } from '../../support/crash-road.js';
import { endStateOf, eventually, lettersOf, stockTrouble, type EndState } from '../../support/end-state.js';
import { runCommand } from '../../support/run-command.js';
import { aCheckout, createShop, type Shop } from '../../support/shop.js';
import { startStack, type Stack } from '../../support/stack.js';

const SETTINGS = { ...QUICK, RETRY_INITIAL_MS: '1500', GATEWAY_TIMEOUT_MS: '4000', FRAUD_REVIEW_ABOVE_MINOR: '100000' };

interface Wait {
  method: string;
  /** The statuses that show that it waits. */
  statuses: string[];
  quantity?: number;
  /** Whether the wait is that of a cancel for its refund. */
  isRefused?: true;
  afterCancel: Partial<EndState> & Pick<EndState, 'status'>;
  afterTermination: Partial<EndState> & Pick<EndState, 'status'>;
}

const nothing = { charges: [], refunds: 0, kept: 0 };

const WAITS: Record<string, Wait> = {
  'for a review': {
    method: 'pm_ok',
    statuses: ['in_review'],
    quantity: 30,
    afterCancel: { ...nothing, status: 'cancelled' },
    afterTermination: { ...nothing, status: 'failed', reason: 'payment_unavailable' },
  },
  'to try again': {
    method: 'pm_fail_99',
    statuses: ['reserved'],
    afterCancel: { ...nothing, status: 'cancelled', reservations: ['released'] },
    afterTermination: { ...nothing, status: 'failed', reservations: ['released'] },
  },
  'for the answer of its charge': {
    method: 'pm_slow_2500',
    statuses: ['reserved'],
    afterCancel: { status: 'cancelled', refunds: 1, kept: 0 },
    afterTermination: { status: 'confirmed', refunds: 0, kept: 4_900, reservations: ['committed'] },
  },
  'to learn the outcome of its charge': {
    method: 'pm_processing',
    statuses: ['payment_unknown'],
    afterCancel: { status: 'cancelled', refunds: 1, kept: 0, reservations: ['released'] },
    afterTermination: { status: 'confirmed', refunds: 0, kept: 4_900, reservations: ['committed'] },
  },
  'for someone to look at its refund': {
    method: 'pm_refund_fails',
    statuses: ['confirmed'],
    isRefused: true,
    // The gateway refused the refund; the money went back another way.
    afterCancel: { status: 'cancelled', refunds: 0, reservations: ['restocked'] },
    afterTermination: { status: 'cancelled', refunds: 0, reservations: ['restocked'] },
  },
};

let stack: Stack;
let shop: Shop;
const waiting = Object.entries(WAITS).flatMap(([name, wait]) => {
  const items = [{ sku: 'product-B', quantity: wait.quantity ?? 1 }];
  return (['cancelled', 'terminated'] as const).map((how) => {
    const checkout = aCheckout({ items }, wait.method);
    return { name, wait, how, checkout, id: checkout.order_id };
  });
});
let audited = '';

// All orders get to where they wait and are interrupted there; then the database is audited once.
beforeAll(async () => {
  stack = await startStack();
  shop = createShop((await stack.serve('api,worker', SETTINGS)).url);
  await Promise.all(waiting.map(interrupt));
  const query = `ExecutionStatus = 'Terminated'`;
  await eventually(
    () => stack.client.workflow.count(query),
    ({ count }) => count === Object.keys(WAITS).length,
  );
  const { output } = await runCommand(['audit'], {
    ...SETTINGS,
    DATABASE_URL: stack.databaseUrl,
    TEMPORAL_ADDRESS: stack.temporalAddress,
    TEMPORAL_NAMESPACE: stack.namespace,
    SANDBOX_URL: stack.sandboxUrl,
  });
  audited = output;
}, 120_000);
afterAll(async () => stack?.close());

async function interrupt({ wait, how, checkout, id }: (typeof waiting)[number]): Promise<void> {
  // The cancel of an order whose checkout is over is a run of its own.
  await shop.post(checkout, wait.isRefused ? { Prefer: 'wait=20' } : {});
  await shop.until(id, wait.statuses);
  if (wait.isRefused) {
    await shop.ask(id, 'cancel', { reason: 'no' });
    await refusedRefund(id);
  }
  const handle = stack.client.workflow.getHandle(wait.isRefused ? cancelWorkflowId(id) : orderWorkflowId(id));
  await (how === 'cancelled' ? handle.cancel() : handle.terminate('by an operator'));
}

const refusedRefund = async (id: string) => {
  const letters = await eventually(
    () => lettersOf(stack, id),
    (all) => all.some(({ kind, state }) => kind === 'refund' && state === 'open'),
  );
  return letters.find(({ kind }) => kind === 'refund')?.id ?? '';
};

test.each(waiting)(
  'R31: a run that waits $name and is $how in Temporal is brought to its end, with one charge at most',
  async ({ id, wait, how }) => {
    if (wait.method === 'pm_processing') await stack.settleAtGateway(`${id}:charge:1`, 'captured');
    if (wait.isRefused) {
      const evidence = { outcome: 'refunded', reference: 'by bank transfer', note: 'the bank did it' };
      const answer = await shop.send(`/v1/dead-letters/${await refusedRefund(id)}/evidence`, evidence, {});
      expect(answer.status).toBe(202);
    }
    const expected = how === 'cancelled' ? wait.afterCancel : wait.afterTermination;
    const ended = await endStateOf(stack, await shop.until(id, [expected.status]));
    expect(ended).toMatchObject(expected);
    expect(ended.charges.length).toBeLessThan(2);
    const isAbandoned = how === 'terminated' && wait.method !== 'pm_slow_2500';
    if (isAbandoned) expect(audited).toContain(`no-run-ends-badly [${id}]`);
    else if (how === 'cancelled') expect(audited).not.toContain(id);
  },
);

test('R31: afterwards no stock is missing and nothing is left running for any of them', async () => {
  await eventually(
    () => stockTrouble(stack),
    (trouble) => trouble.length === 0,
  );
  for (const { id } of waiting) {
    const open = (await lettersOf(stack, id)).filter(({ state, kind }) => state === 'open' && kind !== 'run');
    // Only what was given up without a charge can still be redriven.
    expect(open.every(({ kind }) => kind === 'charge')).toBe(true);
  }
});
