import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { createApiKeyStore } from '../../src/adapters/postgres/api-keys.js';
import { hashOf, mintApiKey } from '../../src/api/access/api-key.js';
import { axeFindings, openBrowser, watchPage } from '../support/browser.js';
import { aCheckout, createShop, newOrderId, type Shop } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';
import { TEST_KEY } from '../support/test-key.js';

const EVIL = `"><img src=x onerror=alert(1)><script>alert(1)</script>`;
const LARGE = 10_000;

let stack: Stack;
let shop: Shop;
let url: string;
let browser: Browser;
beforeAll(async () => {
  stack = await startStack();
  ({ url } = await stack.serve('api,worker', { FRAUD_REVIEW_ABOVE_MINOR: String(LARGE) }));
  shop = createShop(url);
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await stack?.close();
});

async function signIn(key: string = TEST_KEY.text, colorScheme: 'light' | 'dark' = 'light', width = 1_280) {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
  const page = await context.newPage();
  const faults = watchPage(page, url);
  await page.goto(`${url}/console`);
  await page.fill('#key', key);
  await page.click('main button[type=submit]');
  await page.waitForURL(`${url}/console`);
  return { page, faults, context };
}

/** Opens the dialog, fills it, and sends it. */
async function act(page: Page, dialog: string, fields: Record<string, string> = {}): Promise<void> {
  await page.click(`button[popovertarget="${dialog}"]`);
  for (const [id, text] of Object.entries(fields)) await page.fill(`#${id}`, text);
  await page.click(`dialog[id="${dialog}"] button[type=submit]`);
}

const badge = (page: Page, status: string) => page.waitForSelector(`main .panel .badge:text-is("${status}")`);

test('a person approves, follows, refunds and cancels orders in a browser, and nothing that a shop wrote runs', async () => {
  const { page, faults, context } = await signIn();
  const order = aCheckout({
    customer_id: EVIL.slice(0, 100),
    items: [{ sku: 'product-A', quantity: 6 }],
    metadata: { gift: EVIL },
  });
  await shop.post(order);
  await shop.until(order.order_id, ['in_review']);

  // Found by its id, approved, and followed until it is confirmed without another load of the page.
  await page.fill('#q', order.order_id);
  await page.press('#q', 'Enter');
  await page.waitForURL(`**/console/orders/${order.order_id}`);
  await act(page, 'approve');
  await badge(page, 'confirmed');
  expect(await page.textContent('main')).toContain(EVIL);

  await act(page, 'refund', { 'refund-amount': '19.99', 'refund-reason': EVIL });
  await page.waitForSelector('main .notice.good');
  const { body } = await shop.get(order.order_id);
  expect(body.refunds).toMatchObject([{ amount_minor: 1_999 }]);

  await page.goto(`${url}/console/orders/${order.order_id}`);
  await act(page, 'cancel', { 'cancel-reason': EVIL });
  await badge(page, 'cancelled');
  const { body: trail } = await shop.call(`/v1/orders/${order.order_id}/events`);
  expect(JSON.stringify(trail)).toContain(TEST_KEY.id);
  expect(faults).toEqual([]);
  await context.close();
});

test('every page is accessible and as wide as its window, in light and dark', async () => {
  const failed = aCheckout({ customer_id: 'customer-axe' }, 'pm_declined');
  await shop.post(failed, { Prefer: 'wait=20' });
  const paths = [
    '',
    '/orders',
    `/orders/${failed.order_id}`,
    '/attention',
    '/products',
    '/products/product-A',
    '/webhooks',
  ];
  for (const [scheme, width] of [
    ['light', 1_440],
    ['dark', 360],
  ] as const) {
    const { page, faults, context } = await signIn(TEST_KEY.text, scheme, width);
    for (const path of [...paths, '/system']) {
      await page.goto(`${url}/console${path}`);
      expect({ path, findings: await axeFindings(page) }).toEqual({ path, findings: [] });
      const extra = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      expect({ path, width, extra: Math.max(0, extra) }).toEqual({ path, width, extra: 0 });
    }
    expect(faults).toEqual([]);
    await context.close();
  }
});

test('stock is adjusted without script, and by the key of the session', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${url}/console`);
  await page.fill('#key', TEST_KEY.text);
  await page.click('main button[type=submit]');
  await page.goto(`${url}/console/products/product-B`);
  await act(page, 'adjust', { delta: '-7', reason: 'broken in the store' });
  await page.waitForSelector('main .notice.good');
  const { body } = await shop.call('/v1/products/product-B/stock-movements?limit=1');
  expect(body).toMatchObject({
    data: [{ on_hand_delta: -7, reason: 'broken in the store', actor: { key_id: TEST_KEY.id } }],
  });
  await context.close();
});

test('a session ends when its key is revoked', async () => {
  const keys = createApiKeyStore(stack.database);
  const key = mintApiKey();
  await keys.add({ id: key.id, name: `duty ${newOrderId()}`, hash: hashOf(key), scopes: ['operations'] });
  const { page, context } = await signIn(key.text);
  await keys.revoke(key.id);
  await page.goto(`${url}/console/orders`);
  expect(page.url()).toBe(`${url}/console/sign-in`);
  await context.close();
});
