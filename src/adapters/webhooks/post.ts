import { setMaxListeners } from 'node:events';
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { retryAfterMs } from '../retry-after.js';
import { ForbiddenAddress } from './guarded-lookup.js';

export interface Post {
  url: URL;
  agent: Agent;
  headers: Record<string, string>;
  body: string;
}

/** What came of one request; nothing of what the receiver wrote but its status and Retry-After. */
export type Posted =
  | { kind: 'accepted'; statusCode: number }
  | { kind: 'refused'; statusCode: number; detail: string; retryAfterMs?: number }
  | { kind: 'gone'; statusCode: number; detail: string }
  | { kind: 'no_answer'; detail: string }
  | { kind: 'not_sent'; detail: string };

type MakeRequest = (url: URL, options: RequestOptions) => ClientRequest;

const MAX_ANSWER_BYTES = 16_384;
const MAX_RETRY_AFTER_MS = 24 * 3_600_000;

/**
 * Posts once. Name, connection, sending and answer together have `timeoutMs`; the answer's status decides, its body is
 * read only so that the connection can be kept, up to a bound. No redirect is followed.
 * @returns `stale` when a kept connection turned out to be closed: a new one may fare better
 */
export function post(
  request: MakeRequest,
  { url, agent, headers, body }: Post,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<Posted | 'stale'> {
  if (signal.aborted) return Promise.resolve({ kind: 'no_answer', detail: 'given up before anything was sent' });
  return new Promise((resolve) => {
    const outgoing = request(url, { method: 'POST', headers, agent });
    const end = (posted: Posted) => {
      resolve(posted);
      outgoing.destroy();
    };
    const late = () => end({ kind: 'no_answer', detail: 'no answer in time' });
    const givenUp = () => end({ kind: 'no_answer', detail: 'given up while waiting for the answer' });
    const timer = setTimeout(late, timeoutMs);
    // The requests of one event to all its endpoints share a signal, which is no leak.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', givenUp, { once: true });

    outgoing.on('response', (response) => {
      resolve(outcomeOf(response));
      drain(response);
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(faultOf(error, outgoing.reusedSocket)));
    outgoing.on('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', givenUp);
      resolve({ kind: 'no_answer', detail: 'the connection ended without an answer' });
    });
    outgoing.end(body);
  });
}

function outcomeOf({ statusCode = 0, headers }: IncomingMessage): Posted {
  if (statusCode >= 200 && statusCode < 300) return { kind: 'accepted', statusCode };
  if (statusCode === 410) return { kind: 'gone', statusCode, detail: 'HTTP 410: the receiver wants no more' };
  if (statusCode >= 300 && statusCode < 400) {
    return { kind: 'refused', statusCode, detail: `HTTP ${statusCode}: redirects are not followed` };
  }
  const wait = retryAfterMs(headers['retry-after'], MAX_RETRY_AFTER_MS);
  const detail = `HTTP ${statusCode}`;
  return { kind: 'refused', statusCode, detail, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
}

function drain(response: IncomingMessage): void {
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) response.destroy();
  });
  // An answer that breaks off after its status has said enough.
  response.on('error', () => {});
}

function faultOf(error: NodeJS.ErrnoException, reusedSocket: boolean): Posted | 'stale' {
  if (error instanceof ForbiddenAddress) return { kind: 'not_sent', detail: error.message };
  if (reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) return 'stale';
  return { kind: 'no_answer', detail: error.code ?? 'the connection failed' };
}
