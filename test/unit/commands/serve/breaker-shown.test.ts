import { expect, test } from '@jest/globals';
import type { BreakerChange } from '../../../../src/adapters/gateways/breaker.js';
import { showBreaker, type BreakerBoard } from '../../../../src/commands/serve/breaker-shown.js';

const change = (state: BreakerChange['state']): BreakerChange => ({
  state,
  scope: 'gateway',
  failures: 5,
  orders: 3,
  until: null,
});

function aBoard(isDown = false) {
  const seen: string[] = [];
  const note = async (text: string) => {
    seen.push(text);
    if (isDown) throw new Error('down');
  };
  const board: BreakerBoard = {
    show: (gateway, { state }) => note(`${gateway} ${state}`),
    hide: (gateway) => note(`${gateway} closed`),
  };
  const warnings: string[] = [];
  const log = { warn: (_: object, text: string) => void warnings.push(text) };
  return { seen, warnings, shown: showBreaker('sandbox', board, log, 5) };
}

const until = async (isSo: () => boolean) => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
};

test('a breaker is shown again and again until it closes', async () => {
  const { seen, shown } = aBoard();
  shown.changed(change('open'));
  await until(() => seen.length === 3);
  shown.changed(change('half_open'));
  shown.changed(change('closed'));
  await shown.close();
  const last = seen.length;
  expect(seen.slice(0, 3)).toEqual(['sandbox open', 'sandbox open', 'sandbox open']);
  expect(seen.slice(-1)).toEqual(['sandbox closed']);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(seen).toHaveLength(last);
});

test('a process that ends takes its open breaker with it, and one that was always closed writes nothing', async () => {
  const open = aBoard();
  open.shown.changed(change('open'));
  await open.shown.close();
  expect(open.seen.at(-1)).toBe('sandbox closed');
  const closed = aBoard();
  await closed.shown.close();
  expect(closed.seen).toEqual([]);
});

test('a database that is unavailable is a warning, and the breaker is shown at the next time', async () => {
  const { seen, warnings, shown } = aBoard(true);
  shown.changed(change('open'));
  await until(() => seen.length === 2);
  await shown.close();
  expect(warnings.length).toBeGreaterThanOrEqual(2);
});
