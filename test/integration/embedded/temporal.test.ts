import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { freePort } from '../../../src/embedded/tcp-ports.js';
import { markOf } from '../../../src/embedded/process-mark.js';
import { startTemporal, type EmbeddedTemporal, type TemporalOptions } from '../../../src/embedded/temporal.js';

const executable = process.env['HOLDFAST_TEMPORAL_CLI'] ?? 'temporal';

async function withClient<T>(address: string, work: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await work(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

describe('embedded Temporal', () => {
  let directory: string;
  let cleanups: (() => unknown)[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-temporal-'));
    cleanups = [() => rm(directory, { recursive: true, force: true })];
  });

  afterEach(async () => {
    for (const cleanup of cleanups.toReversed()) await cleanup();
  });

  async function options(more: Partial<TemporalOptions> = {}): Promise<TemporalOptions> {
    const ports = { port: await freePort(), uiPort: await freePort() };
    const searchAttributes = { OrderOutcome: 'Keyword' };
    return { executable, directory, ...ports, namespace: 'default', searchAttributes, report: () => {}, ...more };
  }

  async function start(more: Partial<TemporalOptions> = {}): Promise<EmbeddedTemporal> {
    const server = await startTemporal(await options(more));
    cleanups.push(() => server.stop());
    return server;
  }

  async function occupiedPort(): Promise<number> {
    const port = await freePort();
    const foreign = createServer().listen(port, '127.0.0.1');
    cleanups.push(() => foreign.close());
    return port;
  }

  it('answers with its search attributes, and finds its workflows again after stop and start', async () => {
    const first = await start();
    expect(first.outcome).toBe('started');
    await withClient(first.address, async (client) => {
      const { customAttributes } = await client.connection.operatorService.listSearchAttributes({
        namespace: 'default',
      });
      expect(Object.keys(customAttributes ?? {})).toContain('OrderOutcome');
      await client.workflow.start('waits', { workflowId: 'order-1', taskQueue: 'without-workers' });
    });
    await first.stop();
    expect(await markOf(first.pid)).toBeUndefined();

    const second = await start();
    expect(second.outcome).toBe('started');
    const found = await withClient(second.address, (client) => client.workflow.getHandle('order-1').describe());
    expect(found.status.name).toBe('RUNNING');
  });

  it('outlives a starter that is killed with its process group, and is adopted with its ports', async () => {
    const orphaned = await options();
    const script = `
      import { startTemporal } from ${JSON.stringify(new URL('../../../dist/embedded/temporal.js', import.meta.url))};
      const server = await startTemporal({ ...${JSON.stringify(orphaned)}, report: () => {} });
      console.log(JSON.stringify(server));
      setInterval(() => {}, 1000);`;
    const starter = spawn(process.execPath, ['--input-type=module', '-e', script], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line = await new Promise<string>((resolve) => {
      createInterface({ input: starter.stdout }).once('line', resolve);
    });
    const { pid, address, uiUrl }: EmbeddedTemporal = JSON.parse(line);
    cleanups.push(async () => (await markOf(pid)) && process.kill(pid, 'SIGKILL'));
    process.kill(-(starter.pid ?? process.pid), 'SIGKILL');

    const adopted = await start();
    expect(adopted).toMatchObject({ outcome: 'adopted', pid, address, uiUrl });
    expect((await fetch(adopted.uiUrl)).status).toBe(200);
  });

  it('starts again on its ports right after its server was killed', async () => {
    const first = await start();
    process.kill(first.pid, 'SIGKILL');
    const port = Number(new URL(`http://${first.address}`).port);
    const second = await start({ port, uiPort: Number(new URL(first.uiUrl).port) });
    expect(second).toMatchObject({ outcome: 'started', address: first.address });
  });

  it('is started by one of two starters and adopted by the other', async () => {
    const servers = await Promise.all([start(), start()]);
    expect(servers.map((server) => server.outcome).sort()).toEqual(['adopted', 'started']);
    expect(servers[0].address).toBe(servers[1].address);
  });

  it('starts over the record of a process whose pid now belongs to another', async () => {
    const record = { pid: process.pid, startedAt: 'long ago', port: 1, uiPort: 2 };
    await writeFile(join(directory, 'server.json'), JSON.stringify(record));
    const server = await start({ tuned: false });
    expect(server.outcome).toBe('started');
    expect(JSON.parse(await readFile(join(directory, 'server.json'), 'utf8'))).toMatchObject({ pid: server.pid });
  });

  it('names TEMPORAL_PORT when another program listens there', async () => {
    const port = await occupiedPort();
    await expect(start({ port })).rejects.toThrow(new RegExp(`port ${port} is taken.*TEMPORAL_PORT`));
  });

  it('names TEMPORAL_UI_PORT when another program listens there', async () => {
    const uiPort = await occupiedPort();
    await expect(start({ uiPort })).rejects.toThrow(new RegExp(`port ${uiPort} is taken.*TEMPORAL_UI_PORT`));
  });

  it('says why it ended, with the last lines of its log, when it cannot start', async () => {
    await expect(start({ searchAttributes: { OrderOutcome: 'Colour' } })).rejects.toThrow(
      /ended while it started:[^]*Colour/,
    );
  });
});
