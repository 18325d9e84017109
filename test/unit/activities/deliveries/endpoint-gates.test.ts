import { expect, test } from '@jest/globals';
import { createEndpointGates } from '../../../../src/activities/deliveries/endpoint-gates.js';

function calls() {
  const ends: (() => void)[] = [];
  return { ends, call: () => new Promise<string>((resolve) => ends.push(() => resolve('done'))) };
}

test('lets so many calls through to one endpoint and the others wait for their turn', async () => {
  const gates = createEndpointGates({ atOnce: 2, stuckMs: 1_000, waitMs: 5_000 });
  const { ends, call } = calls();
  const entered = [1, 2, 3].map(() => gates.enter('we_1', call));
  await Promise.resolve();
  expect(ends).toHaveLength(2);
  ends[0]?.();
  await entered[0];
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(ends).toHaveLength(3);
  for (const end of ends) end();
  expect(await Promise.all(entered)).toEqual(['done', 'done', 'done']);
});

test('refuses calls that wait at a stuck endpoint, then all others at once, until it moves again', async () => {
  const gates = createEndpointGates({ atOnce: 1, stuckMs: 20, waitMs: 5_000 });
  const { ends, call } = calls();
  const hanging = gates.enter('we_1', call);
  expect(await gates.enter('we_1', call)).toBeUndefined();
  const later = new Promise((resolve) => setImmediate(resolve, 'later'));
  expect(await Promise.race([gates.enter('we_1', call), later])).toBeUndefined();
  expect(await gates.enter('we_2', async () => 'other')).toBe('other');
  ends[0]?.();
  await hanging;
  expect(await gates.enter('we_1', async () => 'again')).toBe('again');
});

test('gives the place back after a call that failed', async () => {
  const gates = createEndpointGates({ atOnce: 1, stuckMs: 20, waitMs: 20 });
  const fails = () => gates.enter('we_1', () => Promise.reject(new Error('no')));
  await expect(fails()).rejects.toThrow('no');
  await expect(fails()).rejects.toThrow('no');
});

test('waits at an endpoint that moves, but not indefinitely', async () => {
  const gates = createEndpointGates({ atOnce: 1, stuckMs: 1_000, waitMs: 500 });
  const slow = () => new Promise((resolve) => setTimeout(() => resolve('done'), 30));
  const queue = Array.from({ length: 40 }, () => gates.enter('we_1', slow));
  const results = await Promise.all(queue);
  const done = results.filter((result) => result === 'done').length;
  expect(done).toBeGreaterThan(3);
  expect(done).toBeLessThan(40);
});
