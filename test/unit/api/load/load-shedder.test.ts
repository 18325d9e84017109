import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { createOrderGate } from '../../../../src/api/load/load-shedder.js';
import { createPace } from '../../../../src/api/load/adaptive-limit.js';
import { Problem } from '../../../../src/api/requests/problems.js';
import { createOrderRoutes } from '../../../../src/api/orders/order-routes.js';
import { checkout, openShop } from '../shop.js';

const seen = (places: number, openOrders = 1_000) => {
  const begun = new Set<string>();
  const world = { now: 1_000_000, open: 0, lines: [] as string[], fault: undefined as Error | undefined };
  const gate = createOrderGate({
    pace: createPace({ most: places, targetMs: 60_000 }),
    burst: 0,
    burstWaitMs: 1_000,
    openOrders,
    begun: async (ids) => {
      if (world.fault !== undefined) throw world.fault;
      return ids.filter((id) => begun.has(id));
    },
    countOpen: async () => {
      await setImmediate();
      return world.open;
    },
    log: { warn: (_fields, message) => world.lines.push(message), error: () => {} },
    clock: () => world.now,
  });
  /** A checkout whose workflow is started. */
  const start = async (orderId: string) => {
    const ticket = await gate.enter();
    try {
      ticket.acquire(orderId);
      ticket.tried(orderId, true);
    } finally {
      ticket.leave();
    }
  };
  return { gate, begun, world, start };
};

const overloaded = expect.objectContaining({ code: 'overloaded' });
const codeOf = async (work: () => Promise<unknown>): Promise<string | undefined> => {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
};

describe('the gate of checkouts', () => {
  test('holds a place for each order until its payment is under way', async () => {
    const { start, begun } = seen(2);
    await start('a');
    await start('b');
    expect(await codeOf(() => start('c'))).toBe('overloaded');
    begun.add('a');
    await sleep(150);
    await start('c');
    expect(await codeOf(() => start('d'))).toBe('overloaded');
  });

  test('looks soon when places become scarce, though it was quiet when it last thought of looking', async () => {
    const { start, begun } = seen(8);
    for (const orderId of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
      begun.add(orderId);
      await start(orderId);
    }
    await sleep(100);
    await start('i');
  });

  test('gives the place of a checkout back that started nothing', async () => {
    const { gate, start } = seen(1);
    for (const outcome of ['refused', 'exists']) {
      const ticket = await gate.enter();
      if (outcome === 'exists') {
        ticket.acquire('a');
        ticket.tried('a', false);
      }
      ticket.leave();
      ticket.leave();
    }
    await start('b');
    expect(await codeOf(() => start('c'))).toBe('overloaded');
  });

  test('lets a few look for their order when it is full, and the rest come later', async () => {
    const { gate, start } = seen(1);
    await start('a');
    const lookups = await Promise.all([gate.enter(), gate.enter(), gate.enter(), gate.enter()]);
    await expect(gate.enter()).rejects.toThrow(overloaded);
    for (const ticket of lookups) expect(() => ticket.acquire('new')).toThrow(overloaded);
    for (const ticket of lookups) ticket.leave();
    expect(await codeOf(() => gate.enter())).toBeUndefined();
  });

  test('lets a repeat of what waits here through: it starts nothing', async () => {
    const { gate, start } = seen(1);
    await start('a');
    const again = await gate.enter();
    again.acquire('a');
    again.tried('a', false);
    again.leave();
    expect(await codeOf(() => start('b'))).toBe('overloaded');
  });

  test('forgets an order that no worker begins, after ten seconds', async () => {
    const { start, world } = seen(1);
    await start('a');
    world.now += 10_001;
    await sleep(150);
    await start('b');
    expect(await codeOf(() => start('c'))).toBe('overloaded');
  });

  test('continues when it cannot see which orders have begun', async () => {
    const { start, begun, world } = seen(1);
    await start('a');
    begun.add('a');
    world.fault = new Error('away');
    await sleep(150);
    expect(await codeOf(() => start('b'))).toBe('overloaded');
    expect(world.lines).toContain('could not see which orders were begun');
    world.fault = undefined;
    await sleep(700);
    await start('b');
  });

  test('looks at nothing more once it was closed', async () => {
    const { gate, start, world } = seen(1);
    await start('a');
    world.fault = new Error('the database is closed');
    gate.close();
    await sleep(60);
    expect(world.lines).toEqual([]);
  });

  test('closes when too many orders are open anywhere, and opens again', async () => {
    const { start, world } = seen(10, 100);
    world.open = 100;
    await start('a');
    await sleep(1);
    expect(await codeOf(() => start('b'))).toBe('overloaded');
    world.open = 99;
    world.now += 1_000;
    expect(await codeOf(() => start('b'))).toBe('overloaded');
    await sleep(1);
    await start('b');
  });
});

describe('the pace', () => {
  const scene = () => {
    const world = { now: 0 };
    return { world, pace: createPace({ most: 64, targetMs: 500, clock: () => world.now }) };
  };
  const after = ({ world, pace }: ReturnType<typeof scene>, ms: number, windows: number) => {
    for (let i = 0; i < windows; i += 1) {
      world.now += 500;
      pace.took(ms);
    }
    return pace.limit();
  };

  test('is all at first, falls while some take too long, and never below two fifths', () => {
    const one = scene();
    expect(one.pace.limit()).toBe(64);
    expect(after(one, 600, 1)).toBe(44);
    expect(after(one, 600, 20)).toBe(25);
  });

  test('comes back when all are quick again, and stays where it is in between', () => {
    const one = scene();
    after(one, 600, 20);
    expect(after(one, 400, 5)).toBe(25);
    expect(after(one, 100, 3)).toBeGreaterThan(28);
    expect(after(one, 100, 30)).toBe(64);
  });

  test('is set by the slowest of a moment', () => {
    const one = scene();
    one.pace.took(900);
    one.pace.took(1);
    expect(after(one, 1, 1)).toBe(44);
  });

  test('is all again after a quiet time', () => {
    const one = scene();
    after(one, 600, 20);
    one.world.now += 5_001;
    expect(one.pace.limit()).toBe(64);
  });
});

test('a full gate answers 503, starts nothing, and still answers the repeat of an accepted order', async () => {
  const shop = openShop();
  await shop.post(checkout());
  shop.writeRow('order-1', { status: 'confirmed' });
  const { gate, start } = seen(1);
  await start('other');
  const routes = createOrderRoutes({
    policy: {} as never,
    maxBodyBytes: 65_536,
    gate,
    keys: { claim: async ({ orderId }) => orderId },
    settlements: { wait: async () => {} },
    reader: {
      forCheckout: async (orderId, skus) => ({
        keyHolder: null,
        fingerprint: shop.rows.get(orderId)?.order.fingerprint ?? null,
        products: skus.flatMap((sku) => shop.products.get(sku) ?? []),
      }),
      find: async (orderId) => shop.rows.get(orderId),
      cancelReason: async () => undefined,
    },
    workflows: {
      start: async () => {
        throw new Error('nothing may be started');
      },
      find: async () => undefined,
      pagesOf: () => [],
    },
  });
  const problems: unknown[] = [];
  routes.onError((error, c) => {
    problems.push(error);
    return c.text('', 503);
  });
  const post = (body: unknown) =>
    routes.request('/v1/orders', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  expect((await post(checkout())).status).toBe(200);
  expect((await post(checkout({ order_id: 'order-2' }))).status).toBe(503);
  expect(problems).toEqual([overloaded]);
});
