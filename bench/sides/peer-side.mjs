import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../dist/embedded/tcp-ports.js';
import { PRODUCTS } from '../goods.mjs';
import { startExecutable, startProgram } from '../programs.mjs';
import { prepareTextbook } from '../textbook/database.mjs';
import { measuredSide } from './measured-side.mjs';
import { newDatabase } from './shared-servers.mjs';

const at = (path) => fileURLToPath(new URL(`../peers/${path}`, import.meta.url));
const NEEDED = {
  floor: [],
  dbos: ['node_modules/@dbos-inc/dbos-sdk'],
  restate: ['node_modules/@restatedev/restate-sdk', `node_modules/@restatedev/restate-server-linux-${process.arch}`],
};
const NAMES = { floor: 'floor', dbos: 'DBOS', restate: 'Restate' };

/**
 * The textbook's steps and tables on another foundation, on the shared PostgreSQL and sandbox.
 * @returns the side, or the reason why it does not run here
 */
export async function startPeer(shared, kind) {
  const missing = NEEDED[kind].find((path) => !existsSync(at(path)));
  if (missing !== undefined) return { reason: `bench/peers/${missing} is missing; npm run bench:peers installs it` };
  const { lifetime, directory, postgres, sandbox } = shared;
  const name = NAMES[kind];
  const databaseUrl = await newDatabase(shared, kind);
  await prepareTextbook(databaseUrl, PRODUCTS);
  const engine = kind === 'restate' ? await startRestate(lifetime, directory) : undefined;
  const port = String(await freePort());
  const app = await lifetime.start(name, async () =>
    startProgram({
      file: at(`${kind}.mjs`),
      environment: {
        PORT: port,
        DATABASE_URL: databaseUrl,
        SANDBOX_URL: sandbox.url,
        ...(kind === 'dbos' ? { ENGINE_DATABASE_URL: await newDatabase(shared, 'dbos_engine') } : {}),
        ...engine?.environment,
      },
      log: join(directory, `app-${kind}.log`),
      readyUrl: `http://127.0.0.1:${port}/readyz`,
    }),
  );
  const side = await measuredSide(lifetime, {
    name,
    prefix: kind,
    databaseUrl,
    ledger: sandbox.ledger,
    url: `http://127.0.0.1:${port}/v1/orders`,
    pid: app.pid,
    parts: {
      app: [app.pid],
      temporal: engine === undefined ? [] : [engine.pid],
      postgres: [postgres.pid],
      sandbox: [sandbox.pid],
    },
  });
  return { side };
}

/** Restate's server with its defaults, on one partition, which is enough for one machine; it reports to no one. */
async function startRestate(lifetime, directory) {
  const [ingress, admin, fabric, handler] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const adminUrl = `http://127.0.0.1:${admin}`;
  const { pid } = await lifetime.start('Restate server', () =>
    startExecutable({
      file: at(`node_modules/@restatedev/restate-server-linux-${process.arch}/bin/restate-server`),
      args: ['--no-logo', '--listen-mode', 'tcp', '--bind-ip', '127.0.0.1', '--bind-port', String(fabric)],
      environment: {
        RESTATE_BASE_DIR: join(directory, 'restate'),
        RESTATE_DISABLE_TELEMETRY: 'true',
        RESTATE_DEFAULT_NUM_PARTITIONS: '1',
        RESTATE_LOG_FILTER: 'warn',
        RESTATE_INGRESS__BIND_PORT: String(ingress),
        RESTATE_ADMIN__BIND_PORT: String(admin),
      },
      log: join(directory, 'restate.log'),
      readyUrl: `${adminUrl}/health`,
    }),
  );
  return {
    pid,
    environment: {
      HANDLER_PORT: String(handler),
      INGRESS_URL: `http://127.0.0.1:${ingress}`,
      ADMIN_URL: adminUrl,
    },
  };
}
