import { randomUUID } from 'node:crypto';
import { TEST_KEY } from './test-key.js';
import { asDocumented } from './documented.js';

export interface OrderJson {
  id: string;
  status: string;
  version: number;
  total_minor: number;
  adjustments: { type: string; amount_minor: number; sku: string | null }[];
  items: { sku: string; quantity: number; unit_price_minor: number }[];
  failure: { step: string; reason: string; detail: string } | null;
  payment: { attempts: { state: string; tries: number }[] };
  fulfilments: { items: { sku: string; quantity: number }[] }[];
  refunds: { state: string; amount_minor: number }[];
}

export interface Answer {
  status: number;
  headers: Headers;
  body: OrderJson & { code?: string; detail?: string; request_id?: string; errors?: { pointer: string }[] };
}

export const newOrderId = () => `t-${randomUUID()}`;

/** A checkout of one product-A paid with pm_ok, but for what is given. */
export function aCheckout(overrides: Record<string, unknown> = {}, method = 'pm_ok') {
  return {
    order_id: newOrderId(),
    customer_id: 'customer-1',
    currency: 'EUR',
    items: [{ sku: 'product-A', quantity: 1 }],
    payment: { method },
    ...overrides,
  };
}

export type Shop = ReturnType<typeof createShop>;

/** A shop's backend: posts checkouts and reads orders of one Holdfast, with the key that every stack knows. */
export function createShop(url: string, key: string = TEST_KEY.text) {
  const call = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const headers = new Headers(init.headers);
    if (!headers.has('Authorization')) headers.set('Authorization', `Bearer ${key}`);
    const response = await fetch(`${url}${path}`, { ...init, headers, signal: AbortSignal.timeout(40_000) });
    const text = await response.text();
    asDocumented(init.method ?? 'GET', path, response, text);
    const body = JSON.parse(text) as Answer['body'];
    return { status: response.status, headers: response.headers, body };
  };
  const get = (id: string) => call(`/v1/orders/${id}`);

  const send = (path: string, body: unknown, headers: Record<string, string>) =>
    call(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  return {
    get,
    call,
    /** Follows the order live. */
    async follow(id: string, headers: Record<string, string> = {}): Promise<Response> {
      const path = `/v1/orders/${id}/stream`;
      const response = await fetch(`${url}${path}`, {
        headers: { authorization: `Bearer ${key}`, ...headers },
        signal: AbortSignal.timeout(40_000),
      });
      asDocumented('GET', path, response);
      return response;
    },
    /** POSTs to something of an order, such as `cancel`. */
    ask: (id: string, what: string, body: unknown = {}, headers: Record<string, string> = {}) =>
      send(`/v1/orders/${id}/${what}`, body, headers),
    send,
    post: (checkout: unknown, headers: Record<string, string> = {}) => send('/v1/orders', checkout, headers),
    /** Reads the order until its charge has been sent. */
    async untilCharging(id: string, withinMs = 30_000): Promise<OrderJson> {
      const deadline = Date.now() + withinMs;
      for (;;) {
        const { body } = await get(id);
        if (body.payment.attempts.some(({ state }) => state !== 'created')) return body;
        if (Date.now() > deadline) throw new Error(`no charge of order ${id} was sent`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    /** Reads the order until it has one of the statuses. */
    async until(id: string, statuses: string[], withinMs = 30_000): Promise<OrderJson> {
      const deadline = Date.now() + withinMs;
      for (;;) {
        const { body } = await get(id);
        if (statuses.includes(body.status)) return body;
        if (Date.now() > deadline) throw new Error(`order ${id} is ${body.status}, not ${statuses.join(' or ')}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
  };
}
