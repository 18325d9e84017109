import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApiKeyStore } from '../../dist/adapters/postgres/api-keys.js';
import { createCatalog } from '../../dist/adapters/postgres/catalog/catalog.js';
import { migrate } from '../../dist/adapters/postgres/migrate.js';
import { hashOf, mintApiKey } from '../../dist/api/access/api-key.js';
import { withDatabase } from '../../dist/commands/database.js';
import { freePort } from '../../dist/embedded/tcp-ports.js';
import { PRODUCTS } from '../goods.mjs';
import { startProgram } from '../programs.mjs';
import { startReceiver } from '../receiver.mjs';
import { measuredSide } from './measured-side.mjs';
import { newDatabase, startSandbox, startTemporalFor } from './shared-servers.mjs';

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/**
 * Holdfast as compose starts it: APIs and workers as processes of their own, and a sandbox that sends its events to the
 * first API. Temporal is a development server, or the one at `temporalAddress`.
 */
export async function startSplit(shared, { apis = 1, workers = 1, temporalAddress } = {}) {
  const { lifetime, directory, postgres } = shared;
  const name = `split ${apis}+${workers}`;
  const prefix = `s${apis}${workers}`;
  const databaseUrl = await newDatabase(shared, `split_${apis}_${workers}`);
  const key = mintApiKey();
  await withDatabase(databaseUrl, async (database) => {
    await migrate(database);
    await createCatalog(database).seed(PRODUCTS);
    await createApiKeyStore(database).add({ id: key.id, name: 'bench', hash: hashOf(key), scopes: ['admin'] });
  });
  const ports = [];
  for (let i = 0; i < apis; i += 1) ports.push(await freePort());
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const events = { url: `http://127.0.0.1:${ports[0]}/webhooks/payments/sandbox`, secret };
  const sandbox = await startSandbox(lifetime, directory, prefix, events);
  const temporal = temporalAddress
    ? { address: temporalAddress }
    : await startTemporalFor(lifetime, directory, { name, prefix, tuned: true });

  const serve = async (role, at, port) => {
    const internal = await freePort();
    return lifetime.start(`${name} ${role} ${at}`, () =>
      startProgram({
        file: PROGRAM,
        args: ['serve', '--roles', role],
        environment: {
          ...(port === undefined ? {} : { PORT: String(port) }),
          INTERNAL_PORT: String(internal),
          DATABASE_URL: databaseUrl,
          TEMPORAL_ADDRESS: temporal.address,
          SANDBOX_URL: sandbox.url,
          SANDBOX_EVENT_SECRETS: secret,
          NOTIFIERS: 'log',
          // The receiver is on this machine.
          WEBHOOK_ALLOW_PRIVATE: 'true',
        },
        log: join(directory, `app-${prefix}-${role}-${at}.log`),
        readyUrl: `http://127.0.0.1:${internal}/readyz`,
      }),
    );
  };
  const app = [];
  for (let i = 0; i < workers; i += 1) app.push((await serve('worker', i)).pid);
  for (const [i, port] of ports.entries()) app.push((await serve('api', i, port)).pid);

  const urls = ports.map((port) => `http://127.0.0.1:${port}/v1/orders`);
  const headers = { authorization: `Bearer ${key.text}` };
  await startReceiver(lifetime, { name, url: new URL('/v1/webhook-endpoints', urls[0]), headers });
  let asked = 0;
  const side = await measuredSide(lifetime, {
    name,
    prefix,
    databaseUrl,
    temporalAddress: temporal.address,
    ledger: sandbox.ledger,
    headers,
    waits: true,
    hasWebhooks: true,
    pid: app.at(-1),
    parts: {
      app,
      temporal: temporal.pid === undefined ? [] : [temporal.pid],
      postgres: [postgres.pid],
      sandbox: [sandbox.pid],
    },
  });
  // One API after the other.
  return Object.defineProperty(side, 'url', { get: () => urls[asked++ % urls.length] });
}
