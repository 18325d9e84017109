import { createApp } from '../../../src/api/app.js';
import type { DeadLetterBook } from '../../../src/api/dead-letters.js';
import type { Verification } from '../../../src/api/gateway-webhooks.js';
import type { OrderEvent } from '../../../src/api/order-events.js';
import type { OrderRequests } from '../../../src/api/order-requests.js';
import type { StockBook } from '../../../src/api/stock.js';
import type { DeadLetter } from '../../../src/domain/dead-letter.js';
import { justAccepted, type OrderRecord, type Refund } from '../../../src/domain/order-record.js';
import { DEFAULT_POLICY } from '../../../src/domain/policy.js';
import { anOrder } from '../../support/orders.js';

export type Body = Record<string, unknown>;

export interface Answer {
  status: number;
  headers: Headers;
  body: Body;
}

export type Desk = ReturnType<typeof openDesk>;

/** The app over fakes: `rows` is what PostgreSQL holds, and each request to a workflow is answered as a test says. */
export function openDesk() {
  const rows = new Map<string, OrderRecord>();
  const trails = new Map<string, OrderEvent[]>();
  const letters = new Map<string, DeadLetter>();
  const inbox = new Map<string, unknown>();
  const asked: { request: keyof OrderRequests; args: unknown[] }[] = [];
  const answers: Partial<OrderRequests> = {};
  const stock: Partial<StockBook> = {};
  const book: Partial<DeadLetterBook> = {};
  const desk = { rows, trails, letters, inbox, asked, answers, stock, book };
  const seam = { verification: { unknownGateway: true } as Verification };

  const ask =
    <Name extends keyof OrderRequests>(request: Name, otherwise: OrderRequests[Name]) =>
    (...args: unknown[]) => {
      asked.push({ request, args });
      return Reflect.apply(answers[request] ?? otherwise, undefined, args) as never;
    };
  const admitted = async () => ({ kind: 'admitted' as const });
  const requests: OrderRequests = {
    cancel: ask('cancel', async () => true),
    cancelSettled: ask('cancelSettled', admitted),
    refund: ask('refund', admitted),
    fulfil: ask('fulfil', admitted),
    review: ask('review', async () => undefined),
    redrive: ask('redrive', admitted),
    tell: ask('tell', async () => true),
    recover: ask('recover', async () => {}),
    tellRefund: ask('tellRefund', async () => {}),
    startEvent: ask('startEvent', async () => {}),
  };

  const app = createApp({
    guards: [],
    reader: {
      forCheckout: async () => ({ fingerprint: null, products: [] }),
      find: async (orderId) => rows.get(orderId),
      ping: async () => {},
    },
    workflows: {
      start: async () => 'exists',
      find: async () => undefined,
      closed: async () => {},
      ping: async () => {},
    },
    requests,
    trail: {
      events: async (orderId, afterSeq, limit) =>
        (trails.get(orderId) ?? []).filter(({ seq }) => seq > afterSeq).slice(0, limit),
    },
    deadLetters: {
      list: async ({ state, limit, after }) =>
        [...letters.values()].filter((one) => one.state === state && one.id > (after?.id ?? '')).slice(0, limit),
      find: async (id) => letters.get(id),
      discard: async (id, note) => (book.discard ? book.discard(id, note) : { kind: 'not_found' }),
    },
    stock: {
      adjust: async (adjustment) => (stock.adjust ? stock.adjust(adjustment) : { kind: 'unknown_sku' }),
      movements: async (...args) => (stock.movements ? stock.movements(...args) : undefined),
    },
    gatewayEvents: { verify: () => seam.verification },
    inbox: { store: async (event) => inbox.set(event.eventId, event) },
    policy: DEFAULT_POLICY,
    maxBodyBytes: 65_536,
    log: { warn: () => {}, error: () => {} },
  });

  const call = async (path: string, init?: RequestInit): Promise<Answer> => {
    const response = await app.request(path, init);
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
  };

  return Object.assign(desk, {
    seam,
    get: (path: string) => call(path),
    post: (path: string, body?: unknown, headers: Record<string, string> = {}) =>
      call(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    /** Puts an order with this status into the database. */
    has(orderId: string, changes: Partial<OrderRecord> = {}): void {
      rows.set(orderId, { ...justAccepted(anOrder({ orderId })), ...changes });
    },
    hasLetter(id: string, changes: Partial<DeadLetter> = {}): void {
      letters.set(id, { ...LETTER, id, ...changes });
    },
    requestsTo: (request: keyof OrderRequests) =>
      asked.filter((one) => one.request === request).map(({ args }) => args),
  });
}

const TIME = '2026-01-01T00:00:00.000000Z';

const LETTER: DeadLetter = {
  id: 'dl_1',
  orderId: 'order-1',
  kind: 'charge',
  step: 'charge',
  errorClass: 'GatewayNotExecuted',
  attempts: 4,
  lastError: 'connection refused',
  subject: '',
  state: 'open',
  resolution: null,
  note: null,
  createdAt: TIME,
  updatedAt: TIME,
};

/** The one captured attempt of a paid order. */
export const CAPTURED = {
  attempt: 1,
  state: 'captured',
  tries: 1,
  amountMinor: 3_998,
  capturedMinor: 3_998,
  settles: true,
  reference: 'ch_1',
  declineCode: null,
  createdAt: TIME,
  updatedAt: TIME,
} as const;

export function aRefund(changes: Partial<Refund> = {}): Refund {
  return {
    id: 'rf_1',
    attempt: 1,
    amountMinor: 1_000,
    state: 'pending',
    reason: 'arrived broken',
    restock: false,
    fingerprint: null,
    reference: null,
    createdAt: TIME,
    updatedAt: TIME,
    ...changes,
  };
}
