import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** What the way to the gateway does to requests. */
export type Weather =
  | 'fair'
  /** Answers 503: nothing is done. */
  | 'refusing'
  /** Breaks the connection before the gateway hears anything... */
  | 'deaf'
  /** ...or when it has acted. */
  | 'mute';

/** A charge that has been sent and has not arrived. */
interface Underway {
  body: string;
  headers: Record<string, string>;
}

/** Stands between the adapter and the sandbox, and makes trouble. */
export interface GatewayProxy {
  url: string;
  weather: Weather;
  /** Orders of which the gateway takes one minor unit too little. */
  shortChanged: Set<string>;
  /**
   * Orders whose charge gets no answer and arrives late: after so many look-ups that did not find it, or at the last
   * moment.
   */
  late: Map<string, number>;
  /** Whether a charge of the order has been sent and has not arrived. */
  isUnderway(orderId: string): boolean;
  close(): Promise<void>;
}

const CHARGES = '/v1/charges';

/** @param isLastMoment whether the charge of this key, if it was sent, must have arrived by now */
export async function startGatewayProxy(
  target: string,
  isLastMoment: (key: string) => Promise<boolean>,
): Promise<GatewayProxy> {
  const underway = new Map<string, Underway>();
  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const proxy: GatewayProxy = {
    url: `http://127.0.0.1:${port}`,
    weather: 'fair',
    shortChanged: new Set(),
    late: new Map(),
    isUnderway: (orderId) => [...underway.keys()].some((key) => orderOf(key) === orderId),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { weather } = proxy;
    if (weather === 'refusing') {
      response.writeHead(503).end();
      return;
    }
    if (weather === 'deaf') {
      response.destroy();
      return;
    }
    const { url = '/', method = 'GET' } = request;
    const headers = headersOf(request);
    const body = method === 'POST' ? shortened(request, Buffer.concat(chunks).toString()) : null;
    const key = headers['idempotency-key'] ?? '';
    if (url === CHARGES && body !== null && proxy.late.has(orderOf(key))) {
      underway.set(key, { body, headers });
      response.destroy();
      return;
    }
    const asked = url.startsWith(`${CHARGES}/`) ? decodeURIComponent(url.slice(CHARGES.length + 1)) : '';
    if (underway.has(asked) && (await isLastMoment(asked))) await arrive(asked);
    const answer = await fetch(`${target}${url}`, { method, headers, body });
    const text = await answer.text();
    if (weather === 'mute') {
      response.destroy();
      return;
    }
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' }).end(text);
    const left = proxy.late.get(orderOf(asked));
    if (left === undefined || answer.status !== 404) return;
    proxy.late.set(orderOf(asked), left - 1);
    if (left <= 1) await arrive(asked);
  }

  async function arrive(key: string): Promise<void> {
    const sent = underway.get(key);
    if (sent === undefined) return;
    underway.delete(key);
    proxy.late.delete(orderOf(key));
    const { body, headers } = sent;
    await (await fetch(`${target}${CHARGES}`, { method: 'POST', headers, body })).text();
  }

  function shortened({ url }: IncomingMessage, text: string): string {
    if (url !== '/v1/charges') return text;
    const body = JSON.parse(text) as { order_id: string; amount_minor: number };
    return proxy.shortChanged.has(body.order_id)
      ? JSON.stringify({ ...body, amount_minor: body.amount_minor - 1 })
      : text;
  }
}

/** Every key begins with its order's id. */
function orderOf(key: string): string {
  return key.split(':', 1)[0] ?? '';
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const kept = ['content-type', 'idempotency-key', 'accept'];
  return Object.fromEntries(
    kept.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  );
}
