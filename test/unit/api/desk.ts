import { createApp } from '../../../src/api/app.js';
import { createOrderFollowers } from '../../../src/api/orders/stream/order-followers.js';
import type { DeadLetterDecisionStore } from '../../../src/api/dead-letters/dead-letter-ports.js';
import type { Verification } from '../../../src/api/webhooks/gateway-webhooks.js';
import type { EndpointRecoveryStore } from '../../../src/api/webhooks/recovery-routes.js';
import type { WebhookDeliveryStore } from '../../../src/api/webhooks/webhook-deliveries.js';
import type { EndpointStore } from '../../../src/api/webhooks/webhook-endpoints.js';
import type { OrderEvent } from '../../../src/api/orders/order-events.js';
import type { NoticeRecord } from '../../../src/domain/notice.js';
import type { OrderMessages } from '../../../src/temporal/order-messages.js';
import type { AnsweredRequest } from '../../../src/api/requests/request-observer.js';
import type { ProductStore } from '../../../src/api/catalog/products.js';
import type { StockStore } from '../../../src/api/catalog/stock.js';
import type { DeadLetter } from '../../../src/domain/dead-letter.js';
import type { OrderFilter, OrderPlace } from '../../../src/domain/order-filter.js';
import { justAccepted, type OrderRecord, type Refund } from '../../../src/domain/order-record.js';
import type { OrderStats } from '../../../src/domain/order-stats.js';
import { DEFAULT_POLICY } from '../../../src/domain/policy.js';
import { asDocumented } from '../../support/documented.js';
import { anOrder } from '../../support/orders.js';
import { createFakeCancels } from './fake-cancels.js';
import { followedOf } from './followed.js';

export type Body = Record<string, unknown>;

export interface Answer {
  status: number;
  headers: Headers;
  body: Body;
}

const SILENT = { warn: () => {}, error: () => {} };

export type Desk = ReturnType<typeof openDesk>;

/** The app over fakes: `rows` is what PostgreSQL holds, and each request to a workflow is answered as a test says. */
export function openDesk() {
  const rows = new Map<string, OrderRecord>();
  const trails = new Map<string, OrderEvent[]>();
  const notices = new Map<string, NoticeRecord[]>();
  const letters = new Map<string, DeadLetter>();
  const inbox = new Map<string, unknown>();
  const cancels = createFakeCancels((orderId) => rows.get(orderId)?.status);
  const asked: { request: keyof OrderMessages; args: unknown[] }[] = [];
  const answers: Partial<OrderMessages> = {};
  const stock: Partial<StockStore> = {};
  const book: Partial<DeadLetterDecisionStore> = {};
  const products: Partial<ProductStore> = {};
  const listed: { filter: OrderFilter; limit: number; after?: OrderPlace }[] = [];
  const numbers: OrderStats = {
    settledOrders: 0,
    averageSettlingSeconds: null,
    statusCounts: {},
    depths: {},
    gateway: { breaker: 'closed', scope: null, since: null, until: null, workers: 0 },
    asOf: TIME,
  };
  const desk = {
    listed,
    numbers,
    rows,
    trails,
    notices,
    letters,
    inbox,
    cancels,
    asked,
    answers,
    stock,
    book,
    products,
  };
  const unprepared = (name: string) => async (): Promise<never> => {
    throw new Error(`${name} was not prepared`);
  };
  const endpoints: EndpointStore = {
    list: unprepared('list'),
    find: unprepared('find'),
    create: unprepared('create'),
    change: unprepared('change'),
    remove: unprepared('remove'),
    rotate: unprepared('rotate'),
    dropOldSecret: unprepared('dropOldSecret'),
    test: unprepared('test'),
  };
  const recoveries: EndpointRecoveryStore = { last: unprepared('last'), begin: unprepared('begin') };
  const webhookDeliveries: WebhookDeliveryStore = {
    list: unprepared('list'),
    find: unprepared('find'),
    replay: unprepared('replay'),
  };
  const seam = { verification: { unknownGateway: true } as Verification, mostFollowers: 2 };

  const ask =
    <Name extends keyof OrderMessages>(request: Name, otherwise: OrderMessages[Name]) =>
    (...args: unknown[]) => {
      asked.push({ request, args });
      return Reflect.apply(answers[request] ?? otherwise, undefined, args) as never;
    };
  const admitted = async () => ({ kind: 'admitted' as const });
  const requests: OrderMessages = {
    cancel: ask('cancel', async () => true),
    cancelInterrupted: ask('cancelInterrupted', async () => {}),
    cancelSettled: ask('cancelSettled', admitted),
    refund: ask('refund', admitted),
    fulfil: ask('fulfil', admitted),
    amend: ask('amend', admitted),
    createFulfilment: ask('createFulfilment', admitted),
    review: ask('review', async () => undefined),
    redrive: ask('redrive', admitted),
    tell: ask('tell', async () => 'told'),
    recover: ask('recover', async () => {}),
    tellRefund: ask('tellRefund', async () => {}),
    startEvent: ask('startEvent', async () => {}),
    startNotice: ask('startNotice', async () => {}),
    redriveNotice: ask('redriveNotice', admitted),
  };

  const followers = createOrderFollowers({
    orders: followedOf(rows, trails),
    most: seam.mostFollowers,
    intervalMs: 5,
    log: SILENT,
  });
  const observed: AnsweredRequest[] = [];
  const app = createApp({
    observe: (request) => observed.push(request),
    guards: [],
    reader: {
      forCheckout: async () => ({ fingerprint: null, keyHolder: null, products: [] }),
      find: async (orderId) => rows.get(orderId),
      cancelReason: async (orderId) => cancels.accepted.get(orderId),
    },
    workflows: {
      start: async () => 'exists',
      find: async () => undefined,
      pagesOf: ({ order }) => [{ id: `order-${order.orderId}`, url: null }],
    },
    keys: { claim: unprepared('claim') },
    settlements: { wait: async () => {} },
    cancels,
    requests,
    followers,
    heartbeatMs: 50,
    trail: {
      events: async (orderId, afterSeq, limit) =>
        (trails.get(orderId) ?? []).filter(({ seq }) => seq > afterSeq).slice(0, limit),
    },
    notices: {
      list: async (orderId, after, limit) =>
        (notices.get(orderId) ?? [])
          .filter(({ seq, channel }) => seq > after.seq || (seq === after.seq && channel > after.channel))
          .slice(0, limit),
    },
    deadLetters: {
      list: async ({ state, kind, limit, after }) =>
        [...letters.values()]
          .filter(
            (one) => one.state === state && (kind === undefined || one.kind === kind) && one.id > (after?.id ?? ''),
          )
          .slice(0, limit),
      find: async (id) => letters.get(id),
      discard: async (...args) => (book.discard ? book.discard(...args) : { kind: 'not_found' }),
      noteRedrive: async (id, redrivenBy) => void letters.set(id, { ...LETTER, ...letters.get(id), redrivenBy }),
      giveEvidence: async (id, said, actor) => {
        if (book.giveEvidence) return book.giveEvidence(id, said, actor);
        const state = letters.get(id)?.state ?? 'open';
        return state === 'resolved' ? { kind: 'not_open', state } : { kind: 'kept', said, isOver: false };
      },
    },
    stock: {
      adjust: async (adjustment) => (stock.adjust ? stock.adjust(adjustment) : { kind: 'unknown_sku' }),
      movements: async (...args) => (stock.movements ? stock.movements(...args) : undefined),
    },
    products: {
      create: async (product) => (products.create ? products.create(product) : { kind: 'exists' }),
      find: async (sku) => products.find?.(sku),
      list: async (filter) => (products.list ? products.list(filter) : []),
      change: async (...args) => (products.change ? products.change(...args) : { kind: 'unknown' }),
      delete: async (...args) => (products.delete ? products.delete(...args) : { kind: 'unknown' }),
    },
    lists: {
      list: async (filter, limit, after) => {
        listed.push({ filter, limit, ...(after === undefined ? {} : { after }) });
        return [...rows.values()]
          .map((record) => ({
            record,
            place: { createdAt: '2026-11-01T10:00:00.000000Z', orderId: record.order.orderId },
          }))
          .filter(({ place }) => after === undefined || place.orderId < after.orderId)
          .sort((a, b) => (a.place.orderId < b.place.orderId ? 1 : -1))
          .slice(0, limit);
      },
    },
    stats: { read: async () => numbers },
    endpoints,
    recoveries,
    webhookDeliveries,
    eventSender: { refuse: (url) => (url.includes('refused') ? 'must not be called so' : undefined) },
    gatewayEvents: { verify: () => seam.verification },
    inbox: { store: async (event) => inbox.set(event.eventId, event) },
    policy: DEFAULT_POLICY,
    maxBodyBytes: 65_536,
    log: SILENT,
  });

  const call = async (path: string, init?: RequestInit): Promise<Answer> => {
    const response = await app.request(path, init);
    const text = await response.text();
    asDocumented(init?.method ?? 'GET', path, response, text);
    const body = (text === '' ? {} : JSON.parse(text)) as Body;
    return { status: response.status, headers: response.headers, body };
  };
  const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    call(path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  return Object.assign(desk, {
    app,
    seam,
    observed,
    followers,
    async raw(path: string, init?: RequestInit): Promise<Response> {
      const response = await app.request(path, init);
      asDocumented(init?.method ?? 'GET', path, response);
      return response;
    },
    endpoints,
    recoveries,
    webhookDeliveries,
    ask: call,
    get: (path: string) => call(path),
    send,
    post: (path: string, body?: unknown, headers?: Record<string, string>) => send('POST', path, body, headers),
    /** Puts an order with this status into the database. */
    has(orderId: string, changes: Partial<OrderRecord> = {}): void {
      rows.set(orderId, { ...justAccepted(anOrder({ orderId })), ...changes });
    },
    hasLetter(id: string, changes: Partial<DeadLetter> = {}): void {
      letters.set(id, { ...LETTER, id, ...changes });
    },
    requestsTo: (request: keyof OrderMessages) =>
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
  redrivenBy: null,
  evidenceBy: null,
  discardedBy: null,
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
  waitsUntil: null,
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
