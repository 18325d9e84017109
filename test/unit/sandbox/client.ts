import { serveSandbox } from '../../../src/sandbox/serve.js';
import type { RunningSandbox, ServeOptions } from '../../../src/sandbox/serve.js';

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

export type Entry = Record<string, unknown>;

/** A sandbox on a free port, asked over HTTP. */
export function clientOf(url: string) {
  const ask = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await fetch(`${url}${path}`, init);
    const body: Record<string, unknown> = JSON.parse(await response.text());
    return { status: response.status, body };
  };
  const post = (path: string, key: string, body: object, signal: AbortSignal | null = null): Promise<Answer> =>
    ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
      signal,
    });
  return {
    ask,
    post,
    charge: (key: string, method: string, overrides: object = {}, signal?: AbortSignal) =>
      post('/v1/charges', key, { ...chargeOf(method), ...overrides }, signal),
    lookup: (key: string) => ask(`/v1/charges/${encodeURIComponent(key)}`),
    settle: (key: string, outcome: string) =>
      post(`/v1/charges/${encodeURIComponent(key)}/settle`, 'not-used', { outcome }),
    refund: (key: string, chargeKey: string, overrides: object = {}) =>
      post('/v1/refunds', key, { ...refundOf(chargeKey), ...overrides }),
    failRefund: (key: string) => post(`/v1/refunds/${encodeURIComponent(key)}/fail`, 'not-used', {}),
    behave: (behaviour: object) => post('/v1/events/behaviour', 'not-used', behaviour),
    resend: (chargeKey: string) => post('/v1/events/resend', 'not-used', { charge_key: chargeKey }),
    events: async (orderId?: string): Promise<Entry[]> => {
      const query = orderId === undefined ? '' : `?order_id=${encodeURIComponent(orderId)}`;
      const response = await fetch(`${url}/v1/events${query}`);
      const page: { data: Entry[] } = JSON.parse(await response.text());
      return page.data;
    },
    ledger: async (orderId?: string): Promise<Entry[]> => {
      const query = orderId === undefined ? '' : `?order_id=${encodeURIComponent(orderId)}`;
      const response = await fetch(`${url}/v1/ledger${query}`);
      const page: { data: Entry[] } = JSON.parse(await response.text());
      return page.data;
    },
  };
}

export type Client = ReturnType<typeof clientOf>;

export function chargeOf(method: string) {
  return { order_id: 'order-1', amount_minor: 1_000, currency: 'EUR', method };
}

export function refundOf(chargeKey: string) {
  return { charge_key: chargeKey, order_id: 'order-1', amount_minor: 400, currency: 'EUR' };
}

const running: RunningSandbox[] = [];

/** Starts a sandbox that `closeSandboxes` ends. */
export async function startSandbox(options: Partial<ServeOptions> = {}): Promise<Client & RunningSandbox> {
  const sandbox = await serveSandbox({ port: 0, ...options });
  running.push(sandbox);
  return { ...clientOf(sandbox.url), ...sandbox };
}

export async function closeSandboxes(): Promise<void> {
  await Promise.all(running.splice(0).map((sandbox) => sandbox.close()));
}

/** Asks again until the answer is the wanted one; fails after 10 s. */
export async function until<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
