// The HTTP server of a process, and its internal port with health and metrics. Never a route of the API.

import { createServer, type Server, type ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { refuseMalformed } from '../requests/malformed-requests.js';
import type { RequestObserver } from '../requests/request-observer.js';
import { refusal } from '../requests/request-rules.js';

export interface HttpServer {
  port: number;
  /** Stops accepting, lets running requests finish for `graceMs`, then closes the rest. */
  close(graceMs: number): Promise<void>;
}

export interface Listen {
  host: string;
  port: number;
  /** The variable that changes the port, for the error when it is taken. */
  variable: string;
  /** The most connections held open at once. */
  maxConnections?: number;
  /** How long a connection may be silent before it is closed; more than an answer may take to begin. */
  silenceMs?: number;
  /** Called for requests that were refused before the app saw them. */
  observe?: RequestObserver;
}

const MAX_CONNECTIONS = 1_000;
// Clients that connect at the same time wait here until they are accepted; the system may allow fewer.
const BACKLOG = 4_096;
const MAX_HEADER_BYTES = 8_192;
const SILENCE_MS = 60_000;
const REQUESTS_PER_SOCKET = 1_000;
// How often slow clients are looked for: the timeouts below are late by up to this much.
const CHECK_EVERY_MS = 2_000;
// Node's defaults let a slow client hold a socket for five minutes.
const TIMEOUTS = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: CHECK_EVERY_MS };

/**
 * Serves an app. Malformed HTTP is answered with a problem too, and never reaches the app.
 * @throws Error naming the port and its variable when the address is taken
 */
export async function serveHttp(app: Pick<Hono, 'fetch'>, listen: Listen): Promise<HttpServer> {
  const { host, port, variable, maxConnections = MAX_CONNECTIONS, silenceMs = SILENCE_MS, observe = () => {} } = listen;
  const answer = getRequestListener(app.fetch, { hostname: host });
  // Node itself would answer a request without Host, and without a body.
  const server = createServer({ ...TIMEOUTS, maxHeaderSize: MAX_HEADER_BYTES, requireHostHeader: false });
  const refuse = refuseMalformed(server, observe);

  // Otherwise, a client that always has a request in progress would keep its connection, and the drain would never end.
  const open = new Set<ServerResponse>();
  let closing = false;
  server.prependListener('request', (_, response) => {
    open.add(response);
    response.once('close', () => open.delete(response));
    if (closing) response.shouldKeepAlive = false;
  });
  server.on('request', (incoming, outgoing) => {
    const problem = refusal(incoming);
    if (problem === undefined) void answer(incoming, outgoing);
    else refuse(incoming, outgoing, problem);
  });
  // Otherwise, a client that does not read its answer would keep a connection, and the answer in memory, indefinitely.
  server.setTimeout(silenceMs);
  server.maxConnections = maxConnections;
  server.maxRequestsPerSocket = REQUESTS_PER_SOCKET;
  const listening = await start(server, host, port).catch((error: Error) => {
    throw explain(error, host, port, variable);
  });

  return {
    port: listening,
    close: (graceMs) =>
      new Promise((resolve) => {
        closing = true;
        for (const response of open) response.shouldKeepAlive = false;
        const cut = setTimeout(() => server.closeAllConnections(), graceMs);
        server.close(() => {
          clearTimeout(cut);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

/** Resolves to the port: port 0 means any free one. */
function start(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function explain(error: NodeJS.ErrnoException, host: string, port: number, variable: string): Error {
  if (error.code !== 'EADDRINUSE') return error;
  return new Error(`${host}:${port} is taken by another program; set ${variable} to a free port`, { cause: error });
}
