import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import { providerOf, sandboxApp } from './app.js';
import type { SandboxSettings } from './app.js';
import { createEventSender } from './event-sender.js';
import type { EventSettings, SenderTools } from './event-sender.js';
import { openLedger } from './ledger.js';

export interface ServeOptions extends Omit<SandboxSettings, 'ledger' | 'stopping' | 'events'> {
  /** 0 takes any free port. */
  port: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** The ledger's file; in memory when there is none. */
  ledgerFile?: string;
  /** Where events are sent; none are sent without this. */
  events?: EventSettings;
  /** How long `close` waits for charges and answers in progress; default 2 s. */
  closeDeadlineMs?: number;
}

export interface RunningSandbox {
  /** Without a trailing slash. */
  url: string;
  /**
   * Ends held requests, lets charges in progress finish until the deadline, then stops events and closes the ledger.
   * Safe to call twice.
   */
  close(): Promise<void>;
}

/** Serves a payment sandbox from this process. Throws when the port is taken or the ledger cannot be opened. */
export async function serveSandbox(options: ServeOptions): Promise<RunningSandbox> {
  const { port, host = '127.0.0.1', ledgerFile, closeDeadlineMs = 2_000, events, ...settings } = options;
  const releasing = new AbortController();
  const stopping = new AbortController();
  const sender = events === undefined ? undefined : createEventSender(events, toolsOf(options));
  const told = sender === undefined ? {} : { events: sender };
  const ledger = await openLedger(ledgerFile);
  const provider = providerOf({ ...settings, ...told, ledger, stopping: stopping.signal });
  const app = sandboxApp(provider, { ...settings, ...told, stopping: releasing.signal });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
  try {
    await listen(server, port, host);
  } catch (error) {
    await ledger.close();
    throw error;
  }

  const shutDown = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    releasing.abort();
    const sweep = setInterval(() => server.closeIdleConnections(), 20);
    const late = new AbortController();
    await Promise.race([
      Promise.all([provider.idle(), closed]),
      sleep(closeDeadlineMs, undefined, { signal: late.signal }).catch(() => {}),
    ]);
    late.abort();
    clearInterval(sweep);
    stopping.abort();
    server.closeAllConnections();
    await closed;
    await provider.idle();
    await sender?.close();
    await ledger.close();
  };
  let closing: Promise<void> | undefined;
  return { url: urlOf(server, host), close: () => (closing ??= shutDown()) };
}

function toolsOf({ now = () => new Date(), onFault = () => {} }: ServeOptions): SenderTools {
  return { now, onFault };
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    const why = String(cause).includes('EADDRINUSE') ? 'the port is taken' : String(cause);
    throw new Error(`the payment sandbox cannot listen on ${host}:${port}: ${why}`, { cause });
  }
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
