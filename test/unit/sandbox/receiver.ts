import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';

export interface Received {
  headers: Record<string, string>;
  rawBody: Buffer;
  event: { id: string; type: string; created: string; data: Record<string, unknown> };
}

const servers: Server[] = [];

/** A server that keeps what is posted to it; `answer` gives the status for the nth request from 0, or none at all. */
export async function startReceiver(answer: (nth: number) => number | undefined = () => 204) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const rawBody = Buffer.concat(chunks);
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const status = answer(received.length);
      received.push({ headers, rawBody, event: JSON.parse(rawBody.toString()) });
      if (status !== undefined) response.writeHead(status).end();
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}/webhooks/payments/sandbox`, received };
}

export async function closeReceivers(): Promise<void> {
  await Promise.all(
    servers.splice(0).map(async (server) => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    }),
  );
}
