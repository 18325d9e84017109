import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { LOOPBACK_TLS } from './loopback-certificate.js';

export interface Received {
  method: string | undefined;
  path: string | undefined;
  headers: Record<string, string>;
  body: string;
}

export interface Receiver {
  port: number;
  /** How many connections were ever made to it. */
  connections(): number;
  received: Received[];
  close(): Promise<void>;
}

type Answer = (response: ServerResponse, received: Received, request: IncomingMessage) => void;

/** A server on loopback that keeps what it gets and answers as it is told. */
export async function openReceiver(
  answer: Answer = (response) => response.end(),
  { tls = false, host = '127.0.0.1' } = {},
): Promise<Receiver> {
  const received: Received[] = [];
  let connections = 0;
  const listener: RequestListener = (request, response) => {
    void text(request).then((body) => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const one = { method: request.method, path: request.url, headers, body };
      received.push(one);
      answer(response, one, request);
    });
  };
  const server = tls ? createTlsServer(LOOPBACK_TLS, listener) : createServer(listener);
  server.on('connection', () => (connections += 1));
  server.listen(0, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    received,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
