import { setMaxListeners } from 'node:events';
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { retryAfterMs } from '../read-retry-after.js';
import { ForbiddenAddress } from './guarded-lookup.js';

export interface Post {
  url: URL;
  agent: Agent;
  headers: Record<string, string>;
  body: string;
}

/** The outcome of one request. `response` is the first kilobyte of the answer's body, if there is one. */
export type Posted =
  | { kind: 'accepted'; statusCode: number; response?: string }
  | { kind: 'refused'; statusCode: number; detail: string; retryAfterMs?: number; response?: string }
  | { kind: 'gone'; statusCode: number; detail: string; response?: string }
  | { kind: 'no_answer'; detail: string }
  | { kind: 'not_sent'; detail: string };

type Answered = Extract<Posted, { statusCode: number }>;

type MakeRequest = (url: URL, options: RequestOptions) => ClientRequest;

const MAX_ANSWER_BYTES = 16_384;
const MAX_SHOWN_BYTES = 1_024;
const MAX_BODY_WAIT_MS = 500;
const MAX_RETRY_AFTER_MS = 24 * 3_600_000;

/**
 * Posts once. Name, connection, sending and answer together have `timeoutMs`; the answer's status decides. Its body
 * is read up to a limit, so that the connection can be reused; only its start is returned. No redirect is followed.
 * @returns `stale` if a persistent connection turned out to be closed: a new one may work
 */
export function post(
  request: MakeRequest,
  { url, agent, headers, body }: Post,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<Posted | 'stale'> {
  if (signal.aborted) return Promise.resolve({ kind: 'no_answer', detail: 'given up before anything was sent' });
  return new Promise((resolve) => {
    const outgoing = request(url, { method: 'POST', headers, agent });
    let isAnswered = false;
    const fail = (detail: string) => {
      // If an answer is being read, its close event decides.
      if (!isAnswered) resolve({ kind: 'no_answer', detail });
      outgoing.destroy();
    };
    const late = () => fail('no answer in time');
    const givenUp = () => fail('given up while waiting for the answer');
    const timer = setTimeout(late, timeoutMs);
    // All requests of one event share a signal, so many listeners are not a leak.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', givenUp, { once: true });

    outgoing.on('response', (response) => {
      const outcome = outcomeOf(response);
      isAnswered = true;
      readStart(response, (start) => resolve(withStart(outcome, start)));
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      if (!isAnswered) resolve(faultOf(error, outgoing.reusedSocket));
    });
    outgoing.on('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', givenUp);
      if (!isAnswered) fail('the connection ended without an answer');
    });
    outgoing.end(body);
  });
}

function withStart(answered: Answered, response: string): Answered {
  return response === '' ? answered : { ...answered, response };
}

function outcomeOf({ statusCode = 0, headers }: IncomingMessage): Answered {
  if (statusCode >= 200 && statusCode < 300) return { kind: 'accepted', statusCode };
  if (statusCode === 410) return { kind: 'gone', statusCode, detail: 'HTTP 410: the receiver wants no more' };
  if (statusCode >= 300 && statusCode < 400) {
    return { kind: 'refused', statusCode, detail: `HTTP ${statusCode}: redirects are not followed` };
  }
  const wait = retryAfterMs(headers['retry-after'], MAX_RETRY_AFTER_MS);
  const detail = `HTTP ${statusCode}`;
  return { kind: 'refused', statusCode, detail, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
}

/**
 * Reads an answer to its end or a limit, and reports its first kilobyte as soon as it has arrived, or after a moment.
 */
function readStart(response: IncomingMessage, report: (start: string) => void): void {
  let bytes = 0;
  let start = Buffer.alloc(0);
  const enough = () => {
    clearTimeout(timer);
    report(textOf(start));
  };
  // The status counts: a body that arrives slowly must not delay the event.
  const timer = setTimeout(enough, MAX_BODY_WAIT_MS);
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (start.byteLength < MAX_SHOWN_BYTES) start = Buffer.concat([start, chunk]).subarray(0, MAX_SHOWN_BYTES);
    if (bytes >= MAX_SHOWN_BYTES) enough();
    if (bytes > MAX_ANSWER_BYTES) response.destroy();
  });
  response.on('end', enough).on('close', enough);
  // An answer that breaks off after its status is good enough.
  response.on('error', () => {});
}

/** PostgreSQL cannot store NUL, and terminals interpret control characters. A truncated last character is dropped. */
function textOf(bytes: Buffer): string {
  const text = new TextDecoder().decode(bytes, { stream: true });
  return Array.from(text, (char) => (isControl(char) ? '\uFFFD' : char)).join('');
}

function isControl(char: string): boolean {
  return /\p{Cc}/u.test(char) && !['\n', '\r', '\t'].includes(char);
}

function faultOf(error: NodeJS.ErrnoException, reusedSocket: boolean): Posted | 'stale' {
  if (error instanceof ForbiddenAddress) return { kind: 'not_sent', detail: error.message };
  if (reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) return 'stale';
  return { kind: 'no_answer', detail: error.code ?? 'the connection failed' };
}
