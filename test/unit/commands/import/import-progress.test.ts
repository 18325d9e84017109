import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { startProgress } from '../../../../src/commands/import/import-progress.js';

function aStream(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 120 });
  let written = '';
  stream.on('data', (chunk) => (written += String(chunk)));
  return { stream: stream as unknown as NodeJS.WriteStream, written: () => written };
}

test('on a terminal it is a bar, which is gone in the end', () => {
  const { stream, written } = aStream(true);
  const progress = startProgress(stream, 1_000);
  progress.update({ bytes: 1_000, lines: 4_321, failed: 7 });
  progress.stop();
  expect(written()).toMatch(/importing \S+ .*% \| 4321 lines \| 7 failed/);
});

test.each([
  ['elsewhere', false, 1_000],
  ['where the size is not known', true, undefined],
])('%s it is a line for every 10,000', (_, isTTY, total) => {
  const { stream, written } = aStream(isTTY);
  const progress = startProgress(stream, total);
  for (const lines of [500, 10_000, 10_500, 20_500]) progress.update({ bytes: 1, lines, failed: 1 });
  progress.stop();
  expect(written()).toBe('10000 lines, 1 failed\n20500 lines, 1 failed\n');
});
