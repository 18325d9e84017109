import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { freePort } from '../../../src/embedded/tcp-ports.js';
import { rootAccounts, type PostgresAccount } from '../../../src/embedded/postgres-account.js';
import { startPostgres, type EmbeddedPostgres, type PostgresOptions } from '../../../src/embedded/postgres.js';
import { poll } from '../../../src/embedded/poll.js';
import { markOf } from '../../../src/embedded/process-mark.js';

const asRoot = process.getuid?.() === 0 ? it : it.skip;
const A_DEAD_PID = 4_194_303;

async function query(server: EmbeddedPostgres, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: server.url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function kill(server: EmbeddedPostgres): Promise<void> {
  process.kill(server.pid, 'SIGKILL');
  await poll(5_000, async () => ((await markOf(server.pid)) === undefined ? true : undefined));
}

describe('embedded PostgreSQL', () => {
  let home: string;
  let directory: string;
  let cleanups: (() => unknown)[];

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'holdfast-postgres-'));
    directory = join(home, 'data');
    cleanups = [];
  });

  afterEach(async () => {
    for (const cleanup of cleanups.toReversed()) await cleanup();
    await rm(home, { recursive: true, force: true });
  });

  async function start(more: Partial<PostgresOptions> = {}): Promise<EmbeddedPostgres> {
    const port = more.port ?? (await freePort());
    const server = await startPostgres({ directory, report: () => {}, ...more, port });
    cleanups.push(() => server.stop());
    return server;
  }

  it('starts for the first time in a directory closed to others, on loopback only, with fsync on', async () => {
    await chmod(home, 0o700);
    const server = await start();
    expect(server.outcome).toBe('started');
    expect(await query(server, "select current_setting('fsync') as fsync, current_database() as name")).toEqual([
      { fsync: 'on', name: 'holdfast' },
    ]);
    expect(await query(server, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    expect(await query(server, 'show unix_socket_directories')).toEqual([{ unix_socket_directories: '' }]);
  });

  it('finds its data again on another port after a clean stop', async () => {
    const first = await start();
    await query(first, 'create table kept as select 7 as n');
    await first.stop();
    expect(await readdir(directory)).not.toContain('postmaster.pid');
    const second = await start();
    expect(second.outcome).toBe('started');
    expect(await query(second, 'select n from kept')).toEqual([{ n: 7 }]);
  });

  it('is adopted with its port when an earlier run forgot it, and stopped by its adopter', async () => {
    const first = await start();
    const second = await start();
    expect(second).toMatchObject({ outcome: 'adopted', pid: first.pid, url: first.url });
    await second.stop();
    expect(await markOf(first.pid)).toBeUndefined();
    await first.stop();
  });

  it('keeps what was committed before its server was killed', async () => {
    const first = await start();
    await query(first, 'create table kept as select 7 as n');
    await kill(first);
    const second = await start({ port: first.port });
    expect(second.outcome).toBe('started');
    expect(await query(second, 'select n from kept')).toEqual([{ n: 7 }]);
  });

  it('starts over a lock file that names a dead process', async () => {
    await (await start()).stop();
    await writeFile(join(directory, 'postmaster.pid'), `${A_DEAD_PID}\n${directory}\n1\n5432\n\n127.0.0.1\n`);
    expect((await start()).outcome).toBe('started');
  });

  it('starts over a lock file whose pid now belongs to an unrelated process, which it leaves alone', async () => {
    await (await start()).stop();
    const unrelated = spawn('sleep', ['60'], { stdio: 'ignore' });
    cleanups.push(() => unrelated.kill('SIGKILL'));
    await writeFile(join(directory, 'postmaster.pid'), `${unrelated.pid}\n${directory}\n1\n5432\n\n127.0.0.1\n`);
    expect((await start()).outcome).toBe('started');
    expect(unrelated.exitCode).toBeNull();
  });

  it('replaces what a killed initdb left behind', async () => {
    await mkdir(join(`${directory}.tmp`, 'base'), { recursive: true });
    await writeFile(join(`${directory}.tmp`, 'PG_VERSION'), '18\n');
    const server = await start();
    expect(await query(server, 'select 1 as n')).toEqual([{ n: 1 }]);
    expect(await readdir(home)).toEqual(['data']);
  });

  it('is started by one of two starters and adopted by the other', async () => {
    const servers = await Promise.all([start(), start()]);
    expect(servers.map((server) => server.outcome).sort()).toEqual(['adopted', 'started']);
    expect(servers[0].url).toBe(servers[1].url);
  });

  it('is one server for two starters that do not see each other', async () => {
    await (await start()).stop();
    const port = await freePort();
    await rm(join(directory, 'server.log'));
    const first = start({ port });
    await poll(10_000, async () => ((await readdir(directory)).includes('server.log') ? true : undefined));
    await rm(`${directory}.lock`, { force: true });
    const [one, other] = await Promise.all([first, start({ port })]);
    expect(other.pid).toBe(one.pid);
    await other.stop();
    expect(await readdir(directory)).not.toContain('postmaster.pid');
  });

  it('names the port and POSTGRES_PORT when another program listens there', async () => {
    const port = await freePort();
    const foreign = createServer().listen(port, '127.0.0.1');
    cleanups.push(() => foreign.close());
    await expect(start({ port })).rejects.toThrow(new RegExp(`port ${port} is taken.*POSTGRES_PORT`));
  });

  it('says why it ended, with the last lines of its log, when it cannot start', async () => {
    await (await start()).stop();
    await writeFile(join(directory, 'postgresql.auto.conf'), 'shared_buffers = many\n');
    await expect(start()).rejects.toThrow(/ended while it started:[^]*shared_buffers/);
  });

  asRoot('runs as no one where there are no user namespaces, and goes back to them with its data', async () => {
    await chmod(home, 0o755);
    const first = await start({ accounts: rootAccounts.filter((account) => account.name === 'nobody') });
    await query(first, 'create table kept as select 7 as n');
    await first.stop();
    const second = await start();
    expect(second.outcome).toBe('started');
    expect(await query(second, 'select n from kept')).toEqual([{ n: 7 }]);
  });

  it('names DATABASE_URL when this user cannot run PostgreSQL at all', async () => {
    const broken: PostgresAccount = {
      name: 'nobody',
      owner: undefined,
      command: (file) => ({ file: `${file}-that-is-not-there`, args: [] }),
    };
    await expect(start({ accounts: [broken] })).rejects.toThrow(/DATABASE_URL[^]*as nobody/);
  });
});
