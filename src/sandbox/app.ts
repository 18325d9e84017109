// A payment provider for development and tests, with a ledger and faults on demand: a separate program.
// Imports nothing else from `src`: it must not know what it tests.

import { setMaxListeners } from 'node:events';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import type { ChargeEntry, RefundEntry } from './entries.js';
import { eventOf } from './event.js';
import { eventRoutes } from './event-routes.js';
import type { EventSender } from './event-sender.js';
import { bodyOf, keyOf, problem, refused } from './http.js';
import type { Ledger } from './ledger.js';
import { createProvider } from './provider.js';
import type { Provider } from './provider.js';
import { checkCharge, checkRefund, checkRefundSettlement, checkSettlement } from './requests.js';

export interface SandboxSettings {
  ledger: Ledger;
  /** Of `pm_random`, from 0 to 1; default 0.95. */
  successRate?: number;
  /** Of `pm_random`; default 50 to 200. */
  latencyMs?: { min: number; max: number };
  /** How long a request that gets no answer is held; default 60 s. */
  holdMs?: number;
  now?: () => Date;
  /** Identifies this sandbox at /healthz, for the process that started it. */
  instance?: string;
  /** Sends an event for every change; no events without it. */
  events?: EventSender;
  /** Aborted when the sandbox stops: ends held and waiting requests. */
  stopping?: AbortSignal;
  /** Called for every 500 that no payment method asked for. */
  onFault?: (error: unknown) => void;
}

/** The payment sandbox as a Hono app, to be served or called with `app.request`. */
export function createSandbox(settings: SandboxSettings): Hono {
  return sandboxApp(providerOf(settings), settings);
}

/** The provider that `createSandbox` puts behind its routes. */
export function providerOf(settings: SandboxSettings): Provider {
  const { events } = settings;
  return createProvider({
    ledger: settings.ledger,
    successRate: settings.successRate ?? 0.95,
    latencyMs: settings.latencyMs ?? { min: 50, max: 200 },
    now: settings.now ?? (() => new Date()),
    stopping: settings.stopping ?? new AbortController().signal,
    onEntry: (entry) => {
      const event = eventOf(entry);
      if (event !== undefined) events?.send(event);
    },
  });
}

/** The routes over a provider. */
export function sandboxApp(provider: Provider, settings: Omit<SandboxSettings, 'ledger'> = {}): Hono {
  const { holdMs = 60_000, stopping = new AbortController().signal, onFault = () => {}, events, instance } = settings;
  const { ledger } = provider;
  // Every held request listens to this signal.
  setMaxListeners(0, stopping);
  const app = new Hono();

  app.use(bodyLimit({ maxSize: 16 * 1024, onError: (c) => problem(c, 413, 'body_too_large', 'at most 16 KiB') }));
  app.notFound((c) => problem(c, 404, 'route_not_found', 'no such route'));
  app.onError((error, c) => {
    if (error instanceof HTTPException) return error.getResponse();
    onFault(error);
    return problem(c, 500, 'internal', 'the sandbox failed');
  });

  app.post('/v1/charges', async (c) => {
    const answer = await provider.charge(keyOf(c), await bodyOf(c, checkCharge));
    switch (answer.kind) {
      case 'charge':
        return c.json(chargeView(answer.entry), answer.entry.state === 'declined' ? 402 : 200);
      case 'refused':
        return refused(c, answer);
      case 'unavailable':
        return problem(c, 503, 'unavailable', 'try again; nothing was done');
      case 'error':
        return problem(c, 500, 'internal', 'failed, as this method asks');
      case 'none':
        await holdOpen(c.req.raw.signal, stopping, holdMs);
        return problem(c, 504, 'no_answer', 'no answer, as this method asks');
    }
  });

  app.get('/v1/charges/:key', (c) => {
    const entry = ledger.charge(c.req.param('key'));
    return entry === undefined ? problem(c, 404, 'not_found', 'no charge has this key') : c.json(chargeView(entry));
  });

  app.post('/v1/charges/:key/settle', async (c) => {
    const answer = await provider.settle(c.req.param('key'), await bodyOf(c, checkSettlement));
    return answer.kind === 'refused' ? refused(c, answer) : c.json(chargeView(answer.entry));
  });

  app.post('/v1/refunds', async (c) => {
    const answer = await provider.refund(keyOf(c), await bodyOf(c, checkRefund));
    if (answer.kind === 'none') {
      await holdOpen(c.req.raw.signal, stopping, holdMs);
      return problem(c, 504, 'no_answer', 'no answer, as this method asks');
    }
    return answer.kind === 'refused' ? refused(c, answer) : c.json(refundView(answer.entry));
  });

  app.post('/v1/refunds/:key/settle', async (c) => {
    const answer = await provider.settleRefund(c.req.param('key'), await bodyOf(c, checkRefundSettlement));
    return answer.kind === 'refused' ? refused(c, answer) : c.json(refundView(answer.entry));
  });

  app.get('/v1/refunds/:key', (c) => {
    const entry = ledger.refund(c.req.param('key'));
    return entry === undefined ? problem(c, 404, 'not_found', 'no refund has this key') : c.json(refundView(entry));
  });

  app.post('/v1/refunds/:key/fail', async (c) => {
    const answer = await provider.failRefund(c.req.param('key'));
    return answer.kind === 'refused' ? refused(c, answer) : c.json(refundView(answer.entry));
  });

  app.route('/v1/events', eventRoutes(ledger, events));

  app.get('/v1/ledger', (c) => {
    const orderId = c.req.query('order_id');
    if (orderId !== undefined) return c.json({ data: ledger.entries(orderId) });
    const limit = c.req.query('limit') ?? '1000';
    if (!/^[1-9]\d{0,5}$/.test(limit)) return problem(c, 422, 'invalid_request', 'limit is from 1 to 999999', 'limit');
    const all = ledger.entries();
    return c.json({ data: all.slice(-Number(limit)), total: all.length });
  });

  app.get('/healthz', (c) => c.json({ status: 'ok', ...(instance === undefined ? {} : { instance }) }));
  return app;
}

/** Waits until the client disconnects, the sandbox stops, or the time is over. */
function holdOpen(client: AbortSignal, stopping: AbortSignal, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      client.removeEventListener('abort', end);
      stopping.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    client.addEventListener('abort', end);
    stopping.addEventListener('abort', end);
    if (client.aborted || stopping.aborted) end();
  });
}

function chargeView({ reference, key, order_id, state, code, amount_minor, currency, time }: ChargeEntry) {
  const why = code === undefined ? {} : { code };
  return { id: reference, key, order_id, status: state, ...why, amount_minor, currency, time };
}

function refundView({ reference, key, charge_key, order_id, state, amount_minor, currency, time }: RefundEntry) {
  return { id: reference, key, charge_key, order_id, status: state, amount_minor, currency, time };
}
