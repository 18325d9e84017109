import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../dist/embedded/tcp-ports.js';
import { PRODUCTS } from '../goods.mjs';
import { startProgram } from '../programs.mjs';
import { prepareTextbook } from '../textbook/database.mjs';
import { measuredSide } from './measured-side.mjs';
import { newDatabase, startTemporalFor } from './shared-servers.mjs';

const PROGRAM = fileURLToPath(new URL('../textbook/app.mjs', import.meta.url));

/** The textbook on the shared PostgreSQL and sandbox, with a Temporal server of its own: stock, or tuned like Holdfast's. */
export async function startTextbook(shared, { tuned }) {
  const { lifetime, directory, postgres, sandbox } = shared;
  const [name, prefix] = tuned ? ['tuned textbook', 'u'] : ['textbook', 't'];
  const databaseUrl = await newDatabase(shared, tuned ? 'tuned_textbook' : 'textbook');
  await prepareTextbook(databaseUrl, PRODUCTS);
  const temporal = await startTemporalFor(lifetime, directory, { name, prefix, tuned });
  const port = String(await freePort());
  const app = await lifetime.start(name, () =>
    startProgram({
      file: PROGRAM,
      environment: {
        PORT: port,
        DATABASE_URL: databaseUrl,
        TEMPORAL_ADDRESS: temporal.address,
        SANDBOX_URL: sandbox.url,
      },
      log: join(directory, `app-${prefix}.log`),
      readyUrl: `http://127.0.0.1:${port}/readyz`,
    }),
  );
  return measuredSide(lifetime, {
    name,
    prefix,
    databaseUrl,
    temporalAddress: temporal.address,
    ledger: sandbox.ledger,
    url: `http://127.0.0.1:${port}/v1/orders`,
    pid: app.pid,
    parts: { app: [app.pid], temporal: [temporal.pid], postgres: [postgres.pid], sandbox: [sandbox.pid] },
  });
}
