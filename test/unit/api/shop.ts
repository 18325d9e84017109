import { createApp } from '../../../src/api/app.js';
import type { CheckoutKeyStore } from '../../../src/api/orders/checkout-key.js';
import type { OrderReader } from '../../../src/api/orders/accept-checkout.js';
import type { OrderWorkflows } from '../../../src/temporal/start-checkout.js';
import { justAccepted, type OrderRecord } from '../../../src/domain/order-record.js';
import type { AcceptedOrder } from '../../../src/domain/order.js';
import { asDocumented } from '../../support/documented.js';
import { DEFAULT_POLICY, type OrderPolicy } from '../../../src/domain/policy.js';
import type { Product } from '../../../src/domain/product.js';

/** What checkouts must not use: it throws when it is touched. */
const unused = new Proxy({} as never, {
  get: (_target, name) => () => {
    throw new Error(`${String(name)} is not part of a checkout`);
  },
});

export const MAX_BODY_BYTES = 65_536;

type Call = 'keys.claim' | `reader.${keyof OrderReader}` | `workflows.${keyof OrderWorkflows}`;

interface LogLine {
  level: 'warn' | 'error';
  fields: Record<string, unknown>;
  message: string;
}

export type Body = Record<string, unknown>;

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: Body;
}

export type Shop = ReturnType<typeof openShop>;

/** The app over two fake ports: `rows` is what PostgreSQL holds, `runs` what Temporal has started. */
export function openShop() {
  const products = new Map(CATALOGUE.map((product) => [product.sku, product]));
  const rows = new Map<string, OrderRecord>();
  const runs = new Map<string, { order: AcceptedOrder; policy: OrderPolicy }>();
  const calls: Call[] = [];
  const faults = new Map<Call, Error>();
  const waits: { orderId: string; ms: number }[] = [];
  const log: LogLine[] = [];
  const holders = new Map<string, string>();
  const cancelReasons = new Map<string, string>();
  const shop = {
    products,
    rows,
    runs,
    cancelReasons,
    calls,
    faults,
    waits,
    log,
    onWait: (_orderId: string): void => {},
  };

  const called = (call: Call): void => {
    calls.push(call);
    const fault = faults.get(call);
    if (fault !== undefined) throw fault;
  };

  const reader: OrderReader = {
    async forCheckout(orderId, skus, keyHash) {
      called('reader.forCheckout');
      const found = skus.flatMap((sku) => products.get(sku) ?? []);
      const keyHolder = holders.get(keyHash?.toString('hex') ?? '') ?? null;
      return { fingerprint: rows.get(orderId)?.order.fingerprint ?? null, keyHolder, products: found };
    },
    async find(orderId) {
      called('reader.find');
      return rows.get(orderId);
    },
    async cancelReason(orderId) {
      called('reader.cancelReason');
      return shop.cancelReasons.get(orderId);
    },
  };

  const keys: CheckoutKeyStore = {
    async claim({ hash, orderId, ownOrderId }) {
      called('keys.claim');
      const holder = holders.get(hash.toString('hex')) ?? (rows.has(ownOrderId) ? ownOrderId : orderId);
      holders.set(hash.toString('hex'), holder);
      return holder;
    },
  };

  const workflows: OrderWorkflows = {
    async start(order, policy) {
      called('workflows.start');
      if (runs.has(order.orderId)) return 'exists';
      runs.set(order.orderId, { order, policy });
      return 'started';
    },
    async find(orderId) {
      called('workflows.find');
      return runs.get(orderId)?.order;
    },
    pagesOf: ({ order }) => [{ id: `order-${order.orderId}`, url: `http://ui/${order.orderId}` }],
  };

  const app = createApp({
    guards: [],
    keys,
    settlements: {
      async wait(orderId, ms) {
        waits.push({ orderId, ms });
        shop.onWait(orderId);
      },
    },
    reader,
    workflows,
    cancels: unused,
    trail: unused,
    notices: unused,
    followers: unused,
    lists: unused,
    stats: unused,
    requests: unused,
    deadLetters: unused,
    stock: unused,
    products: unused,
    inbox: unused,
    gatewayEvents: unused,
    endpoints: unused,
    recoveries: unused,
    webhookDeliveries: unused,
    eventSender: unused,
    policy: DEFAULT_POLICY,
    maxBodyBytes: MAX_BODY_BYTES,
    log: {
      warn: (fields, message) => log.push({ level: 'warn', fields, message }),
      error: (fields, message) => log.push({ level: 'error', fields, message }),
    },
  });

  const ask = async (path: string, init?: RequestInit): Promise<Answer> => {
    const response = await app.request(path, init);
    const text = await response.text();
    asDocumented(init?.method ?? 'GET', path, response, text);
    const body: Body = text === '' ? {} : JSON.parse(text);
    return { status: response.status, headers: response.headers, text, body };
  };
  const send = (content: NonNullable<RequestInit['body']>, headers: Record<string, string> = {}): Promise<Answer> =>
    ask('/v1/orders', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: content,
      duplex: 'half',
    });

  return Object.assign(shop, {
    app,
    ask,
    /** Posts these bytes or this text as they are. */
    send,
    post: (body: unknown, headers: Record<string, string> = {}) => send(JSON.stringify(body), headers),
    get: (orderId: string) => ask(`/v1/orders/${orderId}`),
    /** As if no one had ever checked out. */
    forget(): void {
      for (const known of [rows, runs, holders, cancelReasons]) known.clear();
      for (const told of [calls, waits, log]) told.length = 0;
    },
    /** What the first step of the order's workflow does: its row, and by default nothing else. */
    writeRow(orderId: string, changes: Partial<OrderRecord> = {}): void {
      const run = runs.get(orderId);
      if (run === undefined) throw new Error(`no workflow was started for ${orderId}`);
      rows.set(orderId, { ...justAccepted(run.order), ...changes });
    },
    changePrice(sku: string, unitPriceMinor: number): void {
      const product = products.get(sku);
      if (product === undefined) throw new Error(`no product ${sku}`);
      products.set(sku, { ...product, unitPriceMinor });
    },
  });
}

const CATALOGUE: Product[] = [
  { sku: 'pen', name: 'Fountain pen', currency: 'EUR', unitPriceMinor: 4_900, active: true },
  { sku: 'ink', name: 'Ink', currency: 'EUR', unitPriceMinor: 990, active: true },
  { sku: 'brush', name: 'Brush', currency: 'JPY', unitPriceMinor: 1_200, active: true },
  { sku: 'quill', name: 'Quill', currency: 'EUR', unitPriceMinor: 300, active: false },
  { sku: 'palace', name: 'Palace', currency: 'EUR', unitPriceMinor: 999_999_999_999, active: true },
];

/** A checkout of two pens and an ink, 107.90 EUR, with some fields in another way. */
export function checkout(changes: Body = {}): Body {
  return {
    order_id: 'order-1',
    customer_id: 'customer-7',
    currency: 'EUR',
    items: [
      { sku: 'pen', quantity: 2 },
      { sku: 'ink', quantity: 1 },
    ],
    payment: { method: 'pm_ok' },
    ...changes,
  };
}

export const TOTAL_MINOR = 10_790;

/** The same checkout without one of its fields. */
export function checkoutWithout(field: string): Body {
  return Object.fromEntries(Object.entries(checkout()).filter(([name]) => name !== field));
}

/** What every problem must look like, whatever went wrong (RFC 9457). */
export function problem(status: number, code: string, extra: Body = {}): Body {
  const body = { status, code, type: `/docs/errors#${code}` };
  return { status, body: { ...body, ...extra } };
}
