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

/** Stands between the adapter and the sandbox, and makes trouble. */
export interface GatewayProxy {
  url: string;
  weather: Weather;
  /** Orders of which the gateway takes one minor unit too little. */
  shortChanged: Set<string>;
  close(): Promise<void>;
}

export async function startGatewayProxy(target: string): Promise<GatewayProxy> {
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
    const answer = await fetch(`${target}${request.url ?? '/'}`, {
      method: request.method ?? 'GET',
      headers: headersOf(request),
      body: request.method === 'POST' ? shortened(request, Buffer.concat(chunks).toString()) : null,
    });
    const text = await answer.text();
    if (weather === 'mute') {
      response.destroy();
      return;
    }
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' }).end(text);
  }

  function shortened({ url }: IncomingMessage, text: string): string {
    if (url !== '/v1/charges') return text;
    const body = JSON.parse(text) as { order_id: string; amount_minor: number };
    return proxy.shortChanged.has(body.order_id)
      ? JSON.stringify({ ...body, amount_minor: body.amount_minor - 1 })
      : text;
  }
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const kept = ['content-type', 'idempotency-key', 'accept'];
  return Object.fromEntries(
    kept.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  );
}
