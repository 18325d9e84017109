import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mintApiKey } from '../../src/api/access/api-key.js';
import { ensureOwnKey } from '../../src/commands/keys/own-key.js';
import { runCommand } from '../support/run-command.js';
import type { HoldfastProcess } from '../support/holdfast-process.js';
import { aCheckout, createShop, newOrderId } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';
import { startTcpProxy } from '../support/tcp-proxy.js';

const CACHE_MS = 1_000;
let stack: Stack;
let api: HoldfastProcess;
beforeAll(async () => {
  stack = await startStack();
  api = await stack.serve('api,worker', { API_KEY_CACHE_MS: `${CACHE_MS}`, LOG_LEVEL: 'trace' });
});
afterAll(async () => {
  await stack?.close();
});

const keys = (...args: string[]) => runCommand(['keys', ...args], { DATABASE_URL: stack.databaseUrl });

/** Makes a key as an operator does. */
async function newKey(scopes: string, ...more: string[]): Promise<{ key: string; id: string }> {
  const { code, output } = await keys('create', '--name', `for ${scopes}`, '--scopes', scopes, ...more);
  expect(code).toBe(0);
  const key = /hf_[0-9A-Za-z]{48}/.exec(output)?.[0] ?? '';
  return { key, id: key.slice(3, 13) };
}

const nothing = `/v1/orders/${newOrderId()}`;

test('a key that was made on the command line works for its scopes, and is shown once', async () => {
  const { key, id } = await newKey('orders');
  const shop = createShop(api.url, key);
  expect((await shop.post(aCheckout(), { Prefer: 'wait=20' })).status).toBe(201);
  const refused = await shop.call('/v1/dead-letters');
  expect(refused).toMatchObject({ status: 403, body: { code: 'insufficient-scope', required_scope: 'operations' } });

  const { output } = await keys('list');
  expect(output).toMatch(new RegExp(`^${id} +for orders +orders +good `, 'm'));
  expect(output).not.toContain(key);
  const { rows } = await stack.database.pool.query('select row_to_json(api_keys)::text as row from api_keys');
  expect(JSON.stringify(rows)).not.toContain(key.slice(13));
  expect(JSON.stringify(rows)).not.toContain(Buffer.from(key).toString('hex'));
});

test('the last use of a key is in the list', async () => {
  const { key, id } = await newKey('orders');
  expect((await keys('list')).output).toMatch(new RegExp(`^${id} .* never$`, 'm'));
  await createShop(api.url, key).call(nothing);
  await sleep(300);
  expect((await keys('list')).output).toMatch(new RegExp(`^${id} .* \\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}Z$`, 'm'));
});

test('a revoked key is refused once the cache has forgotten it, at the latest', async () => {
  const { key, id } = await newKey('orders');
  const shop = createShop(api.url, key);
  expect((await shop.call(nothing)).status).toBe(404);
  expect((await keys('revoke', id)).code).toBe(0);
  await sleep(CACHE_MS);
  const refused = await shop.call(nothing);
  expect(refused).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
  expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="holdfast", error="invalid_token"');
  expect(refused.body.detail).toContain('revoked');
  expect((await keys('list')).output).toMatch(new RegExp(`^${id} .* revoked `, 'm'));
});

test('an expired key is refused', async () => {
  const { key, id } = await newKey('orders', '--expires', '90d');
  const shop = createShop(api.url, key);
  expect((await shop.call(nothing)).status).toBe(404);
  await stack.database.pool.query(
    `update api_keys set created_at = now() - interval '2 hours', expires_at = now() where key_id = $1`,
    [id],
  );
  await sleep(CACHE_MS);
  const refused = await shop.call(nothing);
  expect(refused.status).toBe(401);
  expect(refused.body.detail).toContain('expired');
  expect((await keys('list')).output).toMatch(new RegExp(`^${id} .* expired `, 'm'));
});

test('no key, or an unknown one, is 401', async () => {
  expect((await fetch(`${api.url}${nothing}`)).status).toBe(401);
  expect((await fetch(`${api.url}/v1/no/such/thing`)).status).toBe(401);
  expect((await createShop(api.url, mintApiKey().text).call(nothing)).status).toBe(401);
});

test.each([
  [['create', '--name', 'a', '--scopes', 'orders,everything'], 'orders, catalog, operations, admin'],
  [['create', '--name', 'a'], '--scopes'],
  [['create', '--name', ' ', '--scopes', 'orders'], '1 to 100 characters'],
  [['create', '--name', 'a', '--scopes', 'orders', '--expires', '2001-01-01T00:00:00Z'], 'is past'],
  [['create', '--name', 'a', '--scopes', 'orders', '--expires', 'soon'], '90d'],
  [['create', '--name', 'a', '--scopes', 'orders', '--expires', '2090-02-31'], '90d'],
  [['revoke', 'nosuchkey0'], 'no key with the id'],
])('"holdfast keys %j" says what to use instead', async (args, hint) => {
  const { code, output } = await keys(...args);
  expect(code).not.toBe(0);
  expect(output).toContain(hint);
});

test('no key is in any line of the log or in any answer, whatever went wrong with it', async () => {
  const { key, id } = await newKey('catalog');
  const canaries = [key, mintApiKey().text, `${key.slice(0, -1)}!`];
  const texts: string[] = [];
  for (const canary of canaries) {
    for (const path of [nothing, '/v1/dead-letters', '/v1/products/none/stock-movements', '/v1/orders']) {
      for (const method of ['GET', 'POST']) {
        const body = method === 'POST' ? { body: '{"broken":' } : {};
        const response = await fetch(`${api.url}${path}`, {
          method,
          headers: { Authorization: `Bearer ${canary}`, 'Content-Type': 'application/json' },
          ...body,
        });
        texts.push(await response.text(), JSON.stringify([...response.headers]));
      }
    }
  }
  await keys('revoke', id);
  await sleep(CACHE_MS);
  texts.push(await (await fetch(`${api.url}${nothing}`, { headers: { Authorization: `Bearer ${key}` } })).text());
  await sleep(200);
  const all = [...texts, api.output()].join('\n');
  expect(all).toContain(id);
  for (const canary of canaries) expect(all).not.toContain(canary.slice(13, 40));
});

test('while the database is unavailable, a key in use continues to work; an unknown one gets 503', async () => {
  const { host } = new URL(stack.databaseUrl);
  const line = await startTcpProxy(host);
  const url = Object.assign(new URL(stack.databaseUrl), { host: line.address }).href;
  const cut = await stack.serve('api', { DATABASE_URL: url, API_KEY_CACHE_MS: `${CACHE_MS}` });
  const [{ key }, other] = [await newKey('orders'), await newKey('orders')];
  expect((await createShop(cut.url, key).call(nothing)).status).toBe(404);
  line.cut();
  await sleep(CACHE_MS);
  // The key is good, and what it asks for cannot be read.
  expect(await createShop(cut.url, key).call(nothing)).toMatchObject({ status: 503, body: { code: 'unavailable' } });
  expect((await createShop(cut.url, key).call('/v1/nothing')).status).toBe(404);
  expect(await createShop(cut.url, other.key).call('/v1/nothing')).toMatchObject({
    status: 503,
    body: { code: 'unavailable', dependency: 'database' },
  });
  await line.close();
}, 60_000);

test('headers beyond 8 KB are refused with 431, and a request that never ends its headers with 408', async () => {
  const big = await new Promise<number | undefined>((resolve, reject) => {
    const sent = request(`${api.url}${nothing}`, { headers: { 'X-Big': 'a'.repeat(9_000) } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject);
    sent.end();
  });
  expect(big).toBe(431);

  const { port, hostname } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n');
  const text = await new Promise<string>((resolve, reject) => {
    let read = '';
    socket.on('data', (chunk) => (read += String(chunk)));
    socket.on('close', () => resolve(read));
    socket.on('error', reject);
  });
  expect(text).toContain('408 Request Timeout');
}, 40_000);

test('the file of a key that `up` made can be read by its owner only', async () => {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-key-'));
  try {
    const first = await ensureOwnKey(home, stack.database);
    expect((await stat(first.file)).mode & 0o777).toBe(0o600);
    expect(first.made).toBe(true);
    const key = (await readFile(first.file, 'utf8')).trim();
    expect((await createShop(api.url, key).call('/v1/dead-letters')).status).toBe(200);
    expect(await ensureOwnKey(home, stack.database)).toEqual({ file: first.file, made: false });
    await keys('revoke', key.slice(3, 13));
    expect((await ensureOwnKey(home, stack.database)).fault).toContain('revoked');
  } finally {
    await rm(home, { recursive: true });
  }
});
