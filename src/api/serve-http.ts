import type { Server, ServerResponse } from 'node:http';
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';

export interface HttpServer {
  port: number;
  /** Stops accepting, lets running requests finish for `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>;
}

export interface Listen {
  host: string;
  port: number;
  /** The variable that changes the port, for the error when it is taken. */
  variable: string;
  /** The most connections held open at once. */
  maxConnections?: number;
}

const MAX_CONNECTIONS = 1_000;
const MAX_HEADER_BYTES = 8_192;
const REQUESTS_PER_SOCKET = 1_000;
// How often slow clients are looked for: the time-outs below are late by as much.
const CHECK_EVERY_MS = 2_000;

/**
 * Serves an app.
 * @throws Error naming the port and its variable when the address is taken
 */
export async function serveHttp(app: Pick<Hono, 'fetch'>, listen: Listen): Promise<HttpServer> {
  const { host, port, variable, maxConnections = MAX_CONNECTIONS } = listen;
  const server = await new Promise<Server>((resolve, reject) => {
    const serverOptions = { maxHeaderSize: MAX_HEADER_BYTES, connectionsCheckingInterval: CHECK_EVERY_MS };
    const options = { fetch: app.fetch, hostname: host, port, serverOptions };
    const started = serve(options, () => resolve(started)) as Server;
    started.once('error', (error) => reject(explain(error, host, port, variable)));
  });
  // Node's defaults let a slow client hold a socket for five minutes.
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  server.maxConnections = maxConnections;
  server.maxRequestsPerSocket = REQUESTS_PER_SOCKET;

  // A client that always has a request under way would otherwise keep its connection, and the drain would never end.
  const open = new Set<ServerResponse>();
  let closing = false;
  server.prependListener('request', (_, response) => {
    open.add(response);
    response.once('close', () => open.delete(response));
    if (closing) response.shouldKeepAlive = false;
  });

  return {
    port,
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

function explain(error: NodeJS.ErrnoException, host: string, port: number, variable: string): Error {
  if (error.code !== 'EADDRINUSE') return error;
  return new Error(`${host}:${port} is taken by another program; set ${variable} to a free port`, { cause: error });
}
