import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';

export interface Received {
  id: string;
  type: string;
  body: string;
  json: { type: string; timestamp: string; data: Record<string, unknown> };
  headers: IncomingHttpHeaders;
}

export interface Receiver {
  url: string;
  received: Received[];
  /** What it answers from now on; default 204. */
  answer(how: (response: ServerResponse, message: Received) => void): void;
  /** Resolves when so many have come in all. */
  has(count: number, withinMs?: number): Promise<void>;
  ofOrder(orderId: string): Received[];
  close(): Promise<void>;
}

export const answersWith =
  (status: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(status, headers).end();

/** A local server that takes events and keeps all that it got. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let answer: (response: ServerResponse, message: Received) => void = answersWith(204);
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const json = JSON.parse(body) as Received['json'];
      const message = {
        id: String(request.headers['webhook-id']),
        type: json.type,
        body,
        json,
        headers: request.headers,
      };
      received.push(message);
      answer(response, message);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/hooks`,
    received,
    answer: (how) => void (answer = how),
    async has(count, withinMs = 20_000) {
      const deadline = Date.now() + withinMs;
      while (received.length < count) {
        if (Date.now() > deadline) throw new Error(`${received.length} came, not ${count}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    ofOrder: (orderId) => received.filter(({ json }) => json.data['order_id'] === orderId),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
