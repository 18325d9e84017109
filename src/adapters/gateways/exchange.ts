import { retryAfterMs as parseRetryAfter } from '../read-retry-after.js';

/** The outcome of one request. */
export type Exchange =
  /** Provably nothing reached the provider. */
  | { kind: 'unsent'; reason: string }
  /** It may have been sent, and no status came back. */
  | { kind: 'lost'; reason: string }
  /** `body` is missing if it was too long, truncated, or not JSON. */
  | { kind: 'answered'; status: number; retryAfterMs?: number; body?: unknown };

export interface ExchangeRequest {
  url: string;
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string;
}

/** Traces one call and adds the trace headers. Returns what the call returned. */
export type CallTracer = (
  call: { gateway: string; method: string; url: string; route: string },
  send: (headers: Record<string, string>) => Promise<Exchange>,
) => Promise<Exchange>;

const maxBodyBytes = 64 * 1024;
const maxRetryAfterMs = 3_600_000;

/**
 * Sends one request and reads its answer, both within `timeoutMs` and until `signal` aborts.
 * Follows no redirect. Never throws because of the network; throws a `TypeError` for a header that cannot be sent.
 */
export async function exchange(request: ExchangeRequest, timeoutMs: number, signal: AbortSignal): Promise<Exchange> {
  if (signal.aborted) return { kind: 'unsent', reason: 'given up before anything was sent' };
  const { url, method, body: sent = null } = request;
  const headers = new Headers(request.headers);
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeoutMs);
  try {
    const response = await fetch(url, {
      method,
      headers,
      body: sent,
      redirect: 'manual',
      signal: AbortSignal.any([signal, deadline.signal]),
    });
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), maxRetryAfterMs);
    const body = await readJson(response);
    return {
      kind: 'answered',
      status: response.status,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(body === undefined ? {} : { body }),
    };
  } catch (error) {
    if (deadline.signal.aborted) return { kind: 'lost', reason: `no answer within ${timeoutMs} ms` };
    if (signal.aborted) return { kind: 'lost', reason: 'given up while waiting for the answer' };
    return networkFault(error);
  } finally {
    clearTimeout(timer);
  }
}

/** Undefined for a body that cannot be read: the status may be enough. */
async function readJson(response: Response): Promise<unknown> {
  try {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      // Leaving the loop cancels the body.
      if (bytes > maxBodyBytes) return undefined;
      chunks.push(chunk);
    }
    const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return parsed;
  } catch {
    return undefined;
  }
}

/** What an error that `fetch` threw tells of the request. */
export function networkFault(error: unknown): Exclude<Exchange, { kind: 'answered' }> {
  const faults = rootsOf(error);
  const reason = faults.map(({ code, message }) => code ?? message).join(', ');
  return { kind: faults.every(beforeSending) ? 'unsent' : 'lost', reason };
}

interface Fault {
  code?: string;
  syscall?: string;
  message: string;
}

const connectCodes = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'];

function beforeSending({ code, syscall }: Fault): boolean {
  return syscall === 'connect' || (code !== undefined && connectCodes.includes(code));
}

/** The innermost causes: `fetch` wraps its fault, and a host with several addresses fails with one fault for each. */
function rootsOf(error: unknown): Fault[] {
  if (typeof error !== 'object' || error === null) return [{ message: String(error) }];
  if ('errors' in error && Array.isArray(error.errors) && error.errors.length > 0) return error.errors.flatMap(rootsOf);
  if ('cause' in error && error.cause !== undefined) return rootsOf(error.cause);
  return [
    {
      ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
      ...('syscall' in error && typeof error.syscall === 'string' ? { syscall: error.syscall } : {}),
      message: 'message' in error ? String(error.message) : 'network fault',
    },
  ];
}
