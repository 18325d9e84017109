import type { Hono } from 'hono';
import { DEAD_LETTER_KINDS } from '../domain/dead-letter.js';
import { DELIVERY_STATES } from '../domain/delivery.js';
import { ORDER_ID_PATTERN } from '../domain/ids.js';
import type { OrderFilter, OrderPlace } from '../domain/order-filter.js';
import { ORDER_STATUSES } from '../domain/order.js';
import { PageFault, type ConsoleContext, type ConsoleEnv } from './console-env.js';
import { attentionPage } from './pages/attention-page.js';
import { homePage } from './pages/home-page.js';
import { orderPage } from './pages/order-page.js';
import { ordersPage } from './pages/orders-page.js';
import { productPage, productsPage } from './pages/product-pages.js';
import { systemPage } from './pages/system-page.js';
import { webhooksPage } from './pages/webhooks-page.js';
import type { LayoutProps } from './layout.js';
import type { ConsolePorts } from './ports.js';
import { DONE } from './words.js';

const LIMIT = 50;
const MOST_EVENTS = 200;
const MOST_MOVEMENTS = 50;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const ANY_ID = /^[A-Za-z0-9_.:-]{1,200}$/;

export function addPages(app: Hono<ConsoleEnv>, ports: ConsolePorts): void {
  app.get('/console', async (c) => {
    const [stats, newest, failed] = await Promise.all([
      ports.stats.read(),
      ports.lists.list({}, 10),
      ports.lists.list({ statuses: ['failed'] }, 5),
    ]);
    const records = (listed: typeof newest) => listed.map(({ record }) => record);
    return c.html(homePage(c.get('session'), { stats, newest: records(newest), failed: records(failed) }));
  });

  app.get('/console/orders', async (c) => {
    const filter = filterOf(c);
    const listed = await ports.lists.list(filter, LIMIT + 1, placeOf(c));
    const orders = listed.slice(0, LIMIT);
    const last = listed.length > LIMIT ? orders.at(-1)?.place : undefined;
    const next = last && queryOf(c, ['status', 'customer_id'], { after: last.createdAt, order: last.orderId });
    return c.html(ordersPage(c.get('session'), { filter, orders, next }));
  });

  app.get('/console/orders/:id', async (c) => c.html(await showOrder(ports, c, c.req.param('id'), noticeOf(c))));

  app.get('/console/search', async (c) => {
    const asked = (c.req.query('q') ?? '').trim();
    if (asked === '') return c.redirect('/console/orders', 303);
    if (asked.startsWith('dl_') && ANY_ID.test(asked)) {
      const letter = await ports.deadLetters.find(asked);
      if (letter !== undefined) return c.redirect(`/console/orders/${letter.orderId}#${letter.id}`, 303);
    }
    if (ORDER_ID_PATTERN.test(asked) && (await ports.findOrder(asked)) !== undefined) {
      return c.redirect(`/console/orders/${asked}`, 303);
    }
    return c.redirect(`/console/orders?customer_id=${encodeURIComponent(asked.slice(0, 100))}`, 303);
  });

  app.get('/console/attention', async (c) => c.html(await showAttention(ports, c, noticeOf(c))));

  app.get('/console/products', async (c) => {
    const prefix = (c.req.query('name') ?? '').trim().slice(0, 100);
    const after = c.req.query('after');
    const listed = await ports.products.list({
      limit: LIMIT + 1,
      ...(prefix === '' ? {} : { namePrefix: prefix }),
      ...(after === undefined ? {} : { afterSku: after }),
    });
    const products = listed.slice(0, LIMIT);
    const last = listed.length > LIMIT ? products.at(-1) : undefined;
    const next = last && queryOf(c, ['name'], { after: last.sku });
    return c.html(productsPage(c.get('session'), { prefix, products, next }));
  });

  app.get('/console/products/:sku', async (c) => c.html(await showProduct(ports, c, c.req.param('sku'), noticeOf(c))));

  app.get('/console/webhooks', async (c) => {
    const state = DELIVERY_STATES.find((one) => one === c.req.query('state'));
    const before = c.req.query('before');
    const [endpoints, listed] = await Promise.all([
      ports.endpoints.list(LIMIT),
      ports.webhookDeliveries.list({
        limit: LIMIT + 1,
        ...(state === undefined ? {} : { state }),
        ...(before === undefined || !ANY_ID.test(before) ? {} : { beforeId: before }),
      }),
    ]);
    const deliveries = listed.slice(0, LIMIT);
    const last = listed.length > LIMIT ? deliveries.at(-1) : undefined;
    const next = last && queryOf(c, ['state'], { before: last.id });
    return c.html(webhooksPage(c.get('session'), { endpoints, deliveries, state, next, notice: noticeOf(c) }));
  });

  app.get('/console/system', async (c) => c.html(systemPage(c.get('session'), await ports.stats.read())));
}

type Notice = LayoutProps['notice'];

/** @throws PageFault when there is no such order */
export async function showOrder(ports: ConsolePorts, c: ConsoleContext, id: string, notice: Notice) {
  const record = ORDER_ID_PATTERN.test(id) ? await ports.findOrder(id) : undefined;
  if (record === undefined) throw new PageFault(404, 'There is no such order.');
  const [events, ...letters] = await Promise.all([
    ports.trail.events(id, 0, MOST_EVENTS),
    ...record.deadLetters.map((letter) => ports.deadLetters.find(letter.id)),
  ]);
  return orderPage(c.get('session'), {
    record,
    events,
    letters: letters.filter((letter) => letter !== undefined),
    workflows: ports.workflows.pagesOf(record),
    notice,
  });
}

export async function showAttention(ports: ConsolePorts, c: ConsoleContext, notice: Notice) {
  const kind = DEAD_LETTER_KINDS.find((one) => one === c.req.query('kind'));
  const [createdAt = '', id = ''] = [c.req.query('after'), c.req.query('id')];
  const [listed, reviews] = await Promise.all([
    ports.deadLetters.list({
      state: 'open',
      limit: LIMIT + 1,
      ...(kind === undefined ? {} : { kind }),
      ...(TIME.test(createdAt) && ANY_ID.test(id) ? { after: { createdAt, id } } : {}),
    }),
    kind === undefined ? ports.lists.list({ statuses: ['in_review'] }, LIMIT) : [],
  ]);
  const letters = listed.slice(0, LIMIT);
  const last = listed.length > LIMIT ? letters.at(-1) : undefined;
  const next = last && queryOf(c, ['kind'], { after: last.createdAt, id: last.id });
  const records = reviews.map(({ record }) => record);
  return attentionPage(c.get('session'), { kind, letters, reviews: records, next, notice });
}

/** @throws PageFault when there is no such product */
export async function showProduct(ports: ConsolePorts, c: ConsoleContext, sku: string, notice: Notice) {
  const product = await ports.products.find(sku);
  if (product === undefined) throw new PageFault(404, 'There is no such product.');
  const movements = (await ports.stock.movements(sku, MOST_MOVEMENTS)) ?? [];
  return productPage(c.get('session'), { product, movements, notice });
}

function noticeOf(c: ConsoleContext): Notice {
  const done = c.req.query('done') ?? '';
  const text = Object.hasOwn(DONE, done) ? DONE[done] : undefined;
  return text === undefined ? undefined : { tone: 'good', text };
}

function filterOf(c: ConsoleContext): OrderFilter {
  const named = (c.req.query('status') ?? '').split(',');
  const statuses = ORDER_STATUSES.filter((status) => named.includes(status));
  const customerId = (c.req.query('customer_id') ?? '').trim().slice(0, 100);
  return { ...(statuses.length === 0 ? {} : { statuses }), ...(customerId === '' ? {} : { customerId }) };
}

function placeOf(c: ConsoleContext): OrderPlace | undefined {
  const [createdAt, orderId] = [c.req.query('after') ?? '', c.req.query('order') ?? ''];
  return TIME.test(createdAt) && ORDER_ID_PATTERN.test(orderId) ? { createdAt, orderId } : undefined;
}

/** These parameters of this page, with those of the next one. */
function queryOf(c: ConsoleContext, kept: readonly string[], more: Record<string, string>): string {
  const query = new URLSearchParams(more);
  for (const name of kept) {
    const value = c.req.query(name) ?? '';
    if (value !== '') query.set(name, value);
  }
  return query.toString();
}
