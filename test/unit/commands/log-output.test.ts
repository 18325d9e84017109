import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { logOutput } from '../../../src/commands/log-output.js';
import { poll } from '../../../src/embedded/poll.js';

describe('the output of the log', () => {
  let directory: string;
  let warnings: string[];
  let open: number[];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-log-'));
    warnings = [];
    open = [];
  });

  afterEach(() => {
    for (const fd of open) closeSync(fd);
    rmSync(directory, { recursive: true });
  });

  const outputInto = (path: string, flags: string) => {
    const fd = openSync(path, flags);
    open.push(fd);
    return logOutput({ fd, name: 'the log', warn: (line) => warnings.push(line) });
  };
  const until = (look: () => boolean) => poll(5_000, async () => (look() ? true : undefined));

  it('writes all lines in order', async () => {
    const file = join(directory, 'log');
    const output = outputInto(file, 'a');
    const lines = Array.from({ length: 2_000 }, (_, i) => `line ${i}\n`);
    for (const line of lines) output.write(line);
    await until(() => readFileSync(file, 'utf8').length >= lines.join('').length);
    expect(readFileSync(file, 'utf8')).toBe(lines.join(''));
    expect(warnings).toEqual([]);
  });

  it('says once that a full disk takes no lines, and keeps no more than a mebibyte of them', async () => {
    const output = outputInto('/dev/full', 'w');
    const line = `${'x'.repeat(1_000)}\n`;
    for (let i = 0; i < 3_000; i += 1) output.write(line);
    expect(await until(() => warnings.length > 0)).toBe(true);
    for (let i = 0; i < 3_000; i += 1) output.write(line);
    expect(warnings).toEqual([expect.stringMatching(/^✖ the log cannot be written: ENOSPC/)]);
  });
});
