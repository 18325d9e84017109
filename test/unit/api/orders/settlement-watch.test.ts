import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createSettlementWatch } from '../../../../src/api/orders/settlement-watch.js';
import { Unavailable } from '../../../../src/domain/unavailable.js';

describe('requests that wait for their orders', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  function open() {
    const settled = new Set<string>();
    const looks: string[][] = [];
    const warnings: string[] = [];
    const seam = { fault: undefined as Error | undefined };
    const watch = createSettlementWatch({
      orders: {
        async settled(orderIds) {
          looks.push([...orderIds]);
          if (seam.fault !== undefined) throw seam.fault;
          return orderIds.filter((orderId) => settled.has(orderId));
        },
      },
      log: { error: () => {}, warn: (_fields, message) => void warnings.push(message) },
    });
    const over: string[] = [];
    const wait = (orderId: string, ms = 10_000) => void watch.wait(orderId, ms).then(() => over.push(orderId));
    const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
    return { settled, looks, warnings, seam, over, wait, pass };
  }

  test('share one query per look, and are answered when their order is settled', async () => {
    const { settled, looks, over, wait, pass } = open();
    for (const orderId of ['a', 'b', 'b']) wait(orderId);
    await pass(10);
    expect(looks).toEqual([['a', 'b']]);
    settled.add('b');
    await pass(20);
    expect(over).toEqual(['b', 'b']);
    expect(looks.at(-1)).toContain('a');
  });

  test('are answered after their time, and then nothing is looked at', async () => {
    const { looks, over, wait, pass } = open();
    wait('a', 1_000);
    await pass(999);
    expect(over).toEqual([]);
    await pass(1);
    expect(over).toEqual(['a']);
    await pass(1_000);
    const before = looks.length;
    await pass(60_000);
    expect(looks).toHaveLength(before);
  });

  test('cost less the longer they wait, and a new one is looked at soon', async () => {
    const { settled, looks, over, wait, pass } = open();
    wait('slow', 60_000);
    await pass(29_000);
    const before = looks.length;
    expect(before).toBeLessThan(200);
    await pass(1_000);
    expect(looks.length - before).toBeLessThanOrEqual(5);
    settled.add('quick');
    wait('quick');
    await pass(20);
    expect(over).toEqual(['quick']);
  });

  test('go on waiting while the database is unavailable, which is said once', async () => {
    const { settled, warnings, seam, over, wait, pass } = open();
    seam.fault = new Unavailable('database', new Error('down'));
    wait('a');
    await pass(3_000);
    expect(warnings).toHaveLength(1);
    seam.fault = undefined;
    settled.add('a');
    await pass(1_000);
    expect(over).toEqual(['a']);
  });
});
