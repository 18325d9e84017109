import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { orderWorkflowId } from '../../src/workflows/contract.js';
import { aCheckout, createShop, type Shop } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';

const COUNTING = new URL('../../bench/costs/count-costs.mjs', import.meta.url);
const ORDERS = 3;

interface Cost {
  kind: 'statement' | 'http' | 'activation' | 'vm entry';
  connection?: number;
  text?: string;
  values?: unknown[];
  runId?: string;
  jobs?: string[];
  path?: string;
}

let directory: string;
let stack: Stack;
let shop: Shop;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-costs-'));
  stack = await startStack();
  const environment = { NODE_OPTIONS: `--import=${COUNTING.href}`, COSTS_FILE: join(directory, 'costs') };
  shop = createShop((await stack.serve('api,worker', environment)).url);
});
afterAll(async () => {
  await stack?.close();
  await rm(directory, { recursive: true, force: true });
});

/** What an order costs on the happy path. Less is progress: lower the number. More needs a reason in docs/performance.md. */
const COSTS = {
  historyEvents: 7,
  workflowTasks: 1,
  stateTransitions: 2,
  activations: 3,
  statements: 4,
  transactions: 4,
  callsToTheGateway: 1,
};
// Static details and the search attribute OrderTotal are 130 of them. A call's duration has more digits or fewer.
const MOST_PAYLOAD_BYTES = 1_700;

test('an order without trouble costs what it has cost: events, tasks, activations, statements, calls and bytes', async () => {
  for (let i = 0; i < ORDERS; i += 1) {
    const before = (await costs()).length;
    const checkout = aCheckout();
    expect((await shop.post(checkout)).status).toBe(202);
    const handle = stack.client.workflow.getHandle(orderWorkflowId(checkout.order_id));
    await handle.result();
    const { runId, historyLength, raw } = await handle.describe();
    const { events } = await handle.fetchHistory();

    const caused = (await costs()).slice(before);
    const statements = inTransactions(caused).filter(({ values }) => values?.includes(checkout.order_id));
    expect({
      historyEvents: historyLength,
      workflowTasks: events?.filter((event) => event.workflowTaskCompletedEventAttributes).length,
      stateTransitions: Number(raw.workflowExecutionInfo?.stateTransitionCount),
      activations: caused.filter((cost) => cost.kind === 'activation' && cost.runId === runId).length,
      statements: statements.length,
      transactions: new Set(statements.map(({ transaction }) => transaction)).size,
      callsToTheGateway: caused.filter(({ kind }) => kind === 'http').length,
    }).toEqual(COSTS);
    expect(payloadBytes(events)).toBeLessThanOrEqual(MOST_PAYLOAD_BYTES);
  }
});

async function costs(): Promise<Cost[]> {
  const lines = (await readFile(join(directory, 'costs'), 'utf8')).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Cost);
}

/** The statements with the transaction that each is in: its own, unless its connection has begun one. */
function inTransactions(all: readonly Cost[]): (Cost & { transaction: number })[] {
  const open = new Map<number | undefined, number>();
  return all
    .filter(({ kind }) => kind === 'statement')
    .map((cost, at) => {
      if (/^begin/i.test(cost.text ?? '')) open.set(cost.connection, at);
      const transaction = open.get(cost.connection) ?? at;
      if (/^(commit|rollback)/i.test(cost.text ?? '')) open.delete(cost.connection);
      return { ...cost, transaction };
    });
}

/** All payloads of a history, wherever they are in it. */
function payloadBytes(value: unknown): number {
  if (value instanceof Uint8Array) return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, part) => sum + payloadBytes(part), 0);
}
