import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe, type ChannelListener } from 'node:diagnostics_channel';
import { describe, expect, it } from '@jest/globals';
import { runCommand } from '../../../src/embedded/run-command.js';

const environment = process.env;
const run = (script: string, deadlineMs = 10_000) => runCommand('/bin/sh', ['-c', script], { environment, deadlineMs });

describe('running a command', () => {
  it('answers what the program printed', async () => {
    expect(await run('echo one; echo two >&2')).toMatch(/^(one\ntwo|two\none)$/);
  });

  it('fails with the last lines of a program that fails', async () => {
    await expect(run('echo no room left; exit 3')).rejects.toThrow('ended with code 3\nno room left');
  });

  it('fails when there is no such program', async () => {
    const missing = runCommand('/nowhere/program', [], { environment, deadlineMs: 1_000 });
    await expect(missing).rejects.toThrow('/nowhere/program could not be run');
  });

  it('survives that the pipes of a program are reset', async () => {
    const children: ChildProcess[] = [];
    const spawned = ({ process: child }: { process: ChildProcess }) => children.push(child);
    subscribe('child_process', spawned as ChannelListener);
    try {
      const running = run('echo one; sleep 0.2; echo two');
      children[0]?.stdout?.emit('error', new Error('read ECONNRESET'));
      await expect(running).resolves.toContain('one');
    } finally {
      unsubscribe('child_process', spawned as ChannelListener);
    }
  });

  it('ends a program at its deadline, even when a grandchild keeps the output open', async () => {
    const startedAt = Date.now();
    await expect(run('sleep 3 & wait', 200)).rejects.toThrow('did not end within 0.2 s');
    expect(Date.now() - startedAt).toBeLessThan(2_000);
  });
});
