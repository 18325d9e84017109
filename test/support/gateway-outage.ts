import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stockTrouble } from './end-state.js';
import { freePort } from './holdfast-process.js';
import { startSandboxProcess, type SandboxProcess } from './sandbox-process.js';
import { aCheckout, createShop, newOrderId, type OrderJson } from './shop.js';
import { startStack } from './stack.js';

export interface OutageOptions {
  awayMs: number;
  /** Beyond where the gateway is: the defaults of Holdfast otherwise. */
  settings?: Record<string, string>;
  /** How long after the gateway's return all orders must have ended. */
  withinMs: number;
}

interface Entry {
  type: 'charge' | 'refund';
  order_id: string;
  state: string;
}

export interface Outage {
  orders: OrderJson[];
  /** The gateway's own ledger. */
  entries: Entry[];
  /** How many charges were sent to a gateway that was not there, or was killed over them. */
  sentIntoTheVoid: number;
  stockTrouble: unknown[];
  /** When each order that was not confirmed before the gateway came back was confirmed after it, in milliseconds, sorted. */
  confirmedAfterMs: number[];
}

const ORDERS = 50;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Kills the gateway's process for a while under fifty checkouts, and starts it again with its ledger. */
export async function playOutage({ awayMs, settings = {}, withinMs }: OutageOptions): Promise<Outage> {
  const stack = await startStack();
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-outage-'));
  const port = await freePort();
  const start = () => startSandboxProcess(port, join(directory, 'ledger.jsonl'));
  const gateway: { process?: SandboxProcess } = { process: await start() };
  try {
    const shop = createShop(
      (await stack.serve('api,worker', { SANDBOX_URL: `http://127.0.0.1:${port}`, ...settings })).url,
    );
    const ids = Array.from({ length: ORDERS }, () => newOrderId());
    const post = (some: string[]) =>
      Promise.all(
        some.map(async (order_id) => {
          const { status } = await shop.post(aCheckout({ order_id }, 'pm_slow_400'));
          if (status !== 202) throw new Error(`a checkout was answered ${status}`);
        }),
      );
    // Some are charged before, some are under way, some come later.
    await post(ids.slice(0, 10));
    await sleep(600);
    await post(ids.slice(10, 25));
    await sleep(200);
    await gateway.process?.kill();
    delete gateway.process;
    await post(ids.slice(25));
    await sleep(awayMs);
    gateway.process = await start();

    const backAt = Date.now();
    const ended = await Promise.all(
      ids.map(async (id) => {
        const order = await shop.until(id, ['confirmed', 'failed', 'cancelled'], withinMs);
        return { order, afterMs: Date.now() - backAt };
      }),
    );
    const response = await fetch(`http://127.0.0.1:${port}/v1/ledger?limit=1000`);
    const { data: entries } = (await response.json()) as { data: Entry[] };
    const { rows } = await stack.database.pool.query<{ count: number }>(
      `select count(*)::int from gateway_calls where operation = 'charge' and outcome in ('not_executed', 'ambiguous')`,
    );
    return {
      orders: ended.map(({ order }) => order),
      entries,
      sentIntoTheVoid: rows[0]?.count ?? 0,
      stockTrouble: await stockTrouble(stack),
      confirmedAfterMs: ended
        .map(({ afterMs }) => afterMs)
        .filter((ms) => ms > 1_000)
        .sort((a, b) => a - b),
    };
  } finally {
    await stack.close();
    await gateway.process?.kill();
    await rm(directory, { recursive: true, force: true });
  }
}

/** What may not be after an outage: an order that was not confirmed, or was charged more or less than once. */
export function wrongAfter({ orders, entries, stockTrouble: stock }: Outage): unknown[] {
  const charges = (id: string) => entries.filter(({ type, order_id }) => type === 'charge' && order_id === id);
  const captured = (id: string) => charges(id).filter(({ state }) => state === 'captured').length;
  return [
    ...orders.filter(({ id, status }) => status !== 'confirmed' || captured(id) !== 1),
    ...entries.filter(({ type }) => type === 'refund'),
    ...(orders.length === ORDERS ? [] : [`${orders.length} orders`]),
    ...stock,
  ];
}
