import { createConsole } from '../../../src/console/console.js';
import type { ConsoleActions, ConsolePorts, SessionKey } from '../../../src/console/ports.js';
import type { OrderEvent } from '../../../src/api/orders/order-events.js';
import type { DeadLetter } from '../../../src/domain/dead-letter.js';
import { justAccepted, type OrderRecord } from '../../../src/domain/order-record.js';
import type { CatalogueProduct } from '../../../src/domain/product.js';
import type { Scope } from '../../../src/domain/scopes.js';
import { anOrder } from '../../support/orders.js';

const TIME = '2026-01-01T00:00:00.000000Z';
export const ORIGIN = 'http://localhost:3000';

export const PRODUCT: CatalogueProduct = {
  sku: 'pen',
  name: 'Fountain pen',
  currency: 'EUR',
  unitPriceMinor: 4_900,
  active: true,
  onHand: 10,
  reserved: 3,
  version: 1,
  createdAt: TIME,
  updatedAt: TIME,
};

type Visit = { status: number; headers: Headers; text: string };

/** The console over fakes. `keys` are the API keys that it knows, each with its scopes. */
export function openConsole() {
  const keys: Record<string, Scope[]> = { all: ['admin'], duty: ['operations'], shop: ['orders'] };
  const orders = new Map<string, OrderRecord>();
  const letters = new Map<string, DeadLetter>();
  const sessions = new Map<string, SessionKey>();
  const events: OrderEvent[] = [];
  const asked: { action: keyof ConsoleActions; args: unknown[] }[] = [];
  const answer: { refused: string | undefined; fault: Error | undefined } = { refused: undefined, fault: undefined };
  const ask =
    (action: keyof ConsoleActions) =>
    async (...args: unknown[]) => {
      asked.push({ action, args });
      return answer.refused;
    };
  const listed = () =>
    [...orders.values()].map((record) => ({ record, place: { createdAt: TIME, orderId: record.order.orderId } }));
  const ports: ConsolePorts = {
    verifier: {
      verify: async (text) => {
        const scopes = keys[text];
        if (scopes === undefined) return { ok: false, why: 'unknown' };
        return { ok: true, id: text, name: `key ${text}`, may: (scope) => scopes.includes(scope) || text === 'all' };
      },
    },
    sessions: {
      open: async (hash, keyId) => {
        sessions.set(hash.toString('hex'), { keyId, keyName: `key ${keyId}`, scopes: keys[keyId] ?? [] });
      },
      find: async (hash) => sessions.get(hash.toString('hex')),
      close: async (hash) => void sessions.delete(hash.toString('hex')),
    },
    findOrder: async (id) => {
      if (answer.fault !== undefined) throw answer.fault;
      return orders.get(id);
    },
    trail: { events: async () => events },
    lists: { list: async ({ statuses }) => listed().filter(({ record }) => statuses?.includes(record.status) ?? true) },
    stats: {
      read: async () => ({
        settledOrders: 1,
        averageSettlingSeconds: 0.2,
        statusCounts: {},
        depths: {},
        gateway: { breaker: 'closed', scope: null, since: null, until: null, workers: 0 },
        asOf: TIME,
      }),
    },
    deadLetters: { list: async () => [...letters.values()], find: async (id) => letters.get(id) },
    products: { list: async () => [PRODUCT], find: async (sku) => (sku === 'pen' ? PRODUCT : undefined) },
    stock: { movements: async () => [] },
    endpoints: { list: async () => [] },
    webhookDeliveries: { list: async () => [] },
    workflows: { pagesOf: () => [] },
    followers: { follow: () => undefined },
    actions: {
      cancel: ask('cancel'),
      refund: ask('refund'),
      fulfill: ask('fulfill'),
      review: ask('review'),
      redrive: ask('redrive'),
      discard: ask('discard'),
      giveEvidence: ask('giveEvidence'),
      adjustStock: ask('adjustStock'),
      resend: ask('resend'),
    },
    log: { warn: () => {}, error: () => {} },
  };
  const { fetch } = createConsole(ports);
  let cookie = '';

  const call = async (path: string, init: RequestInit = {}): Promise<Visit> => {
    const headers = new Headers(init.headers);
    headers.set('Host', 'localhost:3000');
    if (cookie !== '') headers.set('Cookie', cookie);
    const response = await fetch(new Request(`${ORIGIN}${path}`, { ...init, headers }), { requestId: 'request-1' });
    const set = response.headers.get('Set-Cookie');
    if (set !== null) cookie = set.split(';')[0] ?? '';
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const send = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    call(path, { method: 'POST', body: new URLSearchParams(fields), headers });

  return {
    orders,
    letters,
    sessions,
    events,
    asked,
    answer,
    visit: (path: string) => call(path),
    send,
    signIn: (key: string, headers?: Record<string, string>) => send('/console/sign-in', { key }, headers),
    /** Sends a form as its page would, with the token of the session. */
    async submit(path: string, fields: Record<string, string> = {}): Promise<Visit> {
      const { text } = await call('/console');
      const csrf = /name="csrf" value="([\w-]+)"/.exec(text)?.[1] ?? '';
      return send(path, { csrf, ...fields });
    },
    has(orderId: string, changes: Partial<OrderRecord> = {}): void {
      orders.set(orderId, { ...justAccepted(anOrder({ orderId })), ...changes });
    },
  };
}
