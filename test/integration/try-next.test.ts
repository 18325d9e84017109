import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/end-state.js';
import { freePort } from '../support/holdfast-process.js';
import { aCheckout, createShop, type Shop } from '../support/shop.js';
import { newSecret } from '../support/signed-events.js';
import { startStack, type Stack } from '../support/stack.js';
import { TEST_KEY } from '../support/test-key.js';

/** What the README's table and list say, by the number in the order's id. */
const ENDS: Record<number, unknown> = {
  1: { status: 'confirmed' },
  2: { status: 'failed', failure: { reason: 'payment_declined' } },
  3: { status: 'failed', failure: { reason: 'out_of_stock' } },
  4: { status: 'confirmed' },
  5: { status: 'confirmed', payment: { attempts: [{ tries: 3 }] } },
  6: { status: 'failed', failure: { reason: 'payment_unavailable' }, payment: { attempts: [{}, {}] } },
  7: { status: 'cancelled' },
  8: { status: 'confirmed' },
};
/** How long a healthy order may take while the others are in trouble, on a busy machine. */
const AT_ONCE_MS = 5_000;

let stack: Stack;
let shop: Shop;
let ports: { api: string; sandbox: string };
let folder: string;

beforeAll(async () => {
  const port = await freePort();
  const secret = newSecret();
  stack = await startStack({
    events: { url: `http://127.0.0.1:${port}/webhooks/payments/sandbox`, secrets: [secret] },
  });
  // All else is as a newcomer has it, the breaker too.
  shop = createShop((await stack.serve('api,worker', { PORT: `${port}`, SANDBOX_EVENT_SECRETS: secret })).url);
  ports = { api: `${port}`, sandbox: new URL(stack.sandboxUrl).port };
  folder = await mkdtemp(join(tmpdir(), 'holdfast-readme-'));
  await mkdir(join(folder, '.holdfast'));
  await writeFile(join(folder, '.holdfast/api-key'), TEST_KEY.text);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await stack.close();
});

/** The commands of the README's first sections, for the servers under test, about orders of another name. */
async function commands(name: string): Promise<string> {
  const page = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const [first = '', more = ''] = ['## Start', '## More to try'].map(
    (heading) => page.split(heading)[1]?.split('\n## ')[0],
  );
  const blocks = [...`${first}\n${more}`.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);
  return blocks
    .filter((block) => !block.includes('npm ci'))
    .join('\n')
    .replaceAll(/\b3000\b/g, ports.api)
    .replaceAll(/\b4242\b/g, ports.sandbox)
    .replaceAll('demo-', `${name}-`);
}

function typed(script: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('bash', ['-c', script], { cwd: folder, timeout: 150_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${error.message}\n${stdout}${stderr}`));
    });
  });
}

async function healthyOrderMs(): Promise<number> {
  const started = Date.now();
  const { body } = await shop.post(aCheckout({ items: [{ sku: 'product-B', quantity: 1 }] }), { Prefer: 'wait=20' });
  expect(body.status).toBe('confirmed');
  return Date.now() - started;
}

function isLike(order: unknown, end: unknown): boolean {
  try {
    expect(order).toMatchObject(end as object);
    return true;
  } catch {
    return false;
  }
}

test.each(['once', 'again'])(
  "the README's commands, typed %s, end as it says, and the next order is confirmed at once",
  async (name) => {
    await typed(await commands(name));
    for (const [number, end] of Object.entries(ENDS)) {
      await eventually(
        () => shop.get(`${name}-${number}`),
        ({ body }) => isLike(body, end),
      );
    }
    // Not before: a healthy order ends a row of failures.
    expect(await healthyOrderMs()).toBeLessThan(AT_ONCE_MS);
  },
  180_000,
);

test('cards of one kind that fail again and again hold up no order that is paid otherwise', async () => {
  for (let n = 0; n < 2; n += 1) {
    const bad = Array.from({ length: 3 }, () => aCheckout({}, 'pm_fail_9'));
    await Promise.all(bad.map((checkout) => shop.post(checkout)));
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect(await healthyOrderMs()).toBeLessThan(AT_ONCE_MS);
    for (const { order_id } of bad) {
      const { body } = await shop.get(order_id);
      expect(['reserved', 'failed']).toContain(body.status);
    }
  }
}, 60_000);
