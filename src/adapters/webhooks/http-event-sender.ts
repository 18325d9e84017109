// Sends events to customers' URLs: signed, bounded, and never to an address inside our network.
// Never a retry.

import { Agent as HttpAgent, request as httpRequest, type AgentOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { EventSender, OutgoingMessage } from '../../activities/deliveries/event-sender.js';
import type { AddressRule } from './addresses.js';
import { readEndpointUrl } from './endpoint-url.js';
import { askedOnce, guardedLookup, resolveBySystem, type Resolve } from './guarded-lookup.js';
import { post, type Posted } from './post.js';
import { signedHeaders } from './signed-headers.js';

export interface EventSenderSettings extends AddressRule {
  /** Resolves names; default: the system's resolver. */
  resolve?: Resolve;
  /** Trusted certificates, instead of Node's list. */
  ca?: string;
}

// As many as all endpoints can occupy even if each of them hangs: the limits per endpoint apply earlier, and a call
// that waited here for a socket would look like a receiver that does not answer.
const MOST_SOCKETS = 512;

const POOL: AgentOptions = {
  keepAlive: true,
  maxSockets: MOST_SOCKETS,
  maxTotalSockets: MOST_SOCKETS,
  maxFreeSockets: 32,
  // Shorter than the timeout of most servers, so that few connections are closed during a request.
  timeout: 4_000,
};

/**
 * Sends signed messages to addresses that strangers chose. The address of every new connection is checked when it is
 * opened; a persistent connection keeps its address.
 */
export function createEventSender(settings: EventSenderSettings): EventSender & { close(): void } {
  const { allowPrivate, ca } = settings;
  const resolve = askedOnce(settings.resolve ?? resolveBySystem);
  const lookup = (secure: boolean) => guardedLookup(resolve, { allowPrivate, secure });
  const http = { request: httpRequest, agent: new HttpAgent({ ...POOL, lookup: lookup(false) }) };
  const tls = ca === undefined ? {} : { ca };
  const https = { request: httpsRequest, agent: new HttpsAgent({ ...POOL, ...tls, lookup: lookup(true) }) };

  return {
    refuse: (text) => readEndpointUrl(text, settings).objection,

    async send(message, { timeoutMs, signal }) {
      const started = performance.now();
      const endpoint = readEndpointUrl(message.url, settings);
      const latency = () => ({ latencyMs: Math.round(performance.now() - started) });
      if (endpoint.objection !== undefined) return { kind: 'not_sent', detail: endpoint.objection, ...latency() };
      return { ...(await deliver(message, endpoint.url, timeoutMs, signal)), ...latency() };
    },

    close() {
      http.agent.destroy();
      https.agent.destroy();
    },
  };

  async function deliver(message: OutgoingMessage, url: URL, timeoutMs: number, signal: AbortSignal): Promise<Posted> {
    const { request, agent } = url.protocol === 'https:' ? https : http;
    const deadline = Date.now() + timeoutMs;
    const once = () => {
      const exchange = { url, agent, headers: signedHeaders(message, new Date()), body: message.body };
      return post(request, exchange, { timeoutMs: Math.max(deadline - Date.now(), 1), signal });
    };
    const first = await once();
    // The receiver closed a persistent connection just as it was used: that says nothing about the receiver.
    return first === 'stale' ? fresh(await once()) : first;
  }
}

function fresh(posted: Posted | 'stale'): Posted {
  return posted === 'stale' ? { kind: 'no_answer', detail: 'the connection was reset' } : posted;
}
