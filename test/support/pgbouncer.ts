import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from './holdfast-process.js';
import type { Pooler } from './strict-pooler.js';

const READY_MS = 10_000;

/** The PgBouncer of this machine: PGBOUNCER, or the first one on the PATH; undefined when it has none. */
export function pgbouncerHere(): string | undefined {
  const { PGBOUNCER, PATH = '' } = process.env;
  if (PGBOUNCER !== undefined && PGBOUNCER !== '') return PGBOUNCER;
  return [...PATH.split(delimiter), '/usr/sbin'].map((folder) => join(folder, 'pgbouncer')).find(isExecutable);
}

/** Starts a PgBouncer with few server connections and no other setting than its mode. */
export async function startPgbouncer(
  program: string,
  databaseUrl: string,
  mode: 'session' | 'transaction',
): Promise<Pooler> {
  const { hostname, port: serverPort, username } = new URL(databaseUrl);
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-pgbouncer-'));
  const port = await freePort();
  const ini = join(folder, 'pgbouncer.ini');
  const users = join(folder, 'users.txt');
  // PgBouncer does not run as root.
  const user = process.getuid?.() === 0 ? 'user = nobody' : '';
  await writeFile(users, `"${username}" ""\n`);
  await writeFile(
    ini,
    `[databases]
* = host=${hostname} port=${serverPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = ${mode}
default_pool_size = ${mode === 'session' ? 60 : 5}
max_client_conn = 200
${user}
`,
  );
  await Promise.all([chmod(folder, 0o755), chmod(ini, 0o644), chmod(users, 0o644)]);
  const child = spawn(program, ['-q', ini], { stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  const deadline = Date.now() + READY_MS;
  while (!(await isListening(port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${program} did not start:\n${output}`);
    }
  }
  return {
    url: Object.assign(new URL(databaseUrl), { host: `127.0.0.1:${port}` }).href,
    async close() {
      if (child.exitCode === null) {
        const exited = once(child, 'exit');
        child.kill('SIGKILL');
        await exited;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function isListening(port: number): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
