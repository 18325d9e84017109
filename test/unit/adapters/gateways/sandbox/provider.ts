import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { BreakerChange } from '../../../../../src/adapters/gateways/breaker.js';
import { createSandboxGateway } from '../../../../../src/adapters/gateways/sandbox/gateway.js';
import { until } from '../../../sandbox/client.js';

export const calm: AbortSignal = new AbortController().signal;
export const order = { amountMinor: 1_000, currency: 'EUR' };
export const captured = { kind: 'captured', reference: 'ch_1', amountMinor: 1_000, currency: 'EUR' };

const servers: Server[] = [];

export async function closeProviders(): Promise<void> {
  await Promise.all(
    servers.splice(0).map(async (server) => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    }),
  );
}

/** A provider that answers as it is told to at the moment, and counts the posts; no answer for no status. */
export async function provider(breaker?: { failures: number; halfOpenAfterMs: number }, timeoutMs = 5_000) {
  const now: {
    status: number | undefined;
    /** What charges by some methods are answered instead. */
    by: Record<string, number>;
    /** What look-ups are answered instead. */
    lookups?: number;
    posts: number;
    gets: number;
    release: (() => void)[];
  } = { status: 503, by: {}, posts: 0, gets: 0, release: [] };
  const changes: BreakerChange[] = [];
  const body = JSON.stringify({ id: 'ch_1', status: 'captured', amount_minor: 1_000, currency: 'EUR' });
  const codes = new Map([
    [402, '{"status":"declined","code":"card_declined"}'],
    [404, '{"code":"not_found"}'],
    [409, '{"code":"charge_processing"}'],
    [422, '{"code":"invalid_request"}'],
  ]);
  const server = createServer((request, response) => {
    const isPost = request.method === 'POST';
    if (isPost) now.posts += 1;
    else now.gets += 1;
    let sent = '';
    request.on('data', (chunk: Buffer) => (sent += chunk.toString()));
    request.on('end', () => {
      const method = /"method":"(\w+)"/.exec(sent)?.[1] ?? '';
      const status = isPost ? (now.by[method] ?? now.status) : (now.lookups ?? now.status);
      const answer = (code: number) => response.writeHead(code).end(codes.get(code) ?? body);
      if (status === undefined) now.release.push(() => answer(200));
      else answer(status);
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const baseUrl = `http://127.0.0.1:${address.port}`;
  const limits = breaker === undefined ? {} : { breaker };
  const onBreakerChange = (change: BreakerChange) => void changes.push(change);
  const gateway = createSandboxGateway({ baseUrl, timeoutMs, settlingTimeMs: 0, onBreakerChange, ...limits });
  let orders = 0;
  /** One of another order each time, unless one is named. */
  const charge = (signal: AbortSignal = calm, orderId = `o-${(orders += 1)}`, method = 'pm_ok') =>
    gateway.charge({ key: `${orderId}:charge:1`, ...order, orderId, method }, signal);
  const refund = (signal: AbortSignal = calm, orderId = `o-${(orders += 1)}`) =>
    gateway.refund({ key: 'r', chargeKey: 'k', ...order, orderId }, signal);
  const fail = async (times: number, orderId?: string, method?: string) => {
    for (let n = 0; n < times; n += 1) await charge(calm, orderId, method);
  };
  return { now, gateway, charge, refund, fail, changes, state: gateway.breakerState };
}

export type Provider = Awaited<ReturnType<typeof provider>>;

export const asked = (one: Provider, posts: number) =>
  until(
    async () => one.now.posts,
    (count) => count === posts,
  );
