import { expect, test } from '@jest/globals';
import { createTurns } from '../../../../src/adapters/smtp/turns.js';

const forever = new AbortController().signal;

test('no more than so many run at once, and all run in the order in which they came', async () => {
  const inTurn = createTurns(2);
  const order: number[] = [];
  let [running, most] = [0, 0];
  const work = (name: number) => async () => {
    order.push(name);
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 2));
    running -= 1;
  };
  await Promise.all([1, 2, 3, 4, 5, 6].map((name) => inTurn(work(name), forever)));
  expect([most, order]).toEqual([2, [1, 2, 3, 4, 5, 6]]);
});

test('work that is aborted while waiting does not run, and holds nothing up', async () => {
  const inTurn = createTurns(1);
  const ran: string[] = [];
  const given = new AbortController();
  const begun = inTurn(() => new Promise((resolve) => setTimeout(resolve, 20)), forever);
  const left = inTurn(async () => ran.push('left'), given.signal);
  const stays = inTurn(async () => ran.push('stays'), forever);
  given.abort();
  await expect(left).rejects.toThrow('aborted');
  await Promise.all([begun, stays]);
  expect(ran).toEqual(['stays']);
  await expect(inTurn(async () => ran.push('late'), given.signal)).rejects.toThrow('aborted');
  expect(ran).toEqual(['stays']);
});

test('a piece of work that fails passes its turn on', async () => {
  const inTurn = createTurns(1);
  const fails = inTurn(async () => Promise.reject(new Error('no')), forever);
  const next = inTurn(async () => 'done', forever);
  await expect(fails).rejects.toThrow('no');
  expect(await next).toBe('done');
  expect(await inTurn(async () => 'again', forever)).toBe('again');
});
