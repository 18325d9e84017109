import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import { Problem } from './problems.js';

/** What is wrong with a request as HTTP, beyond what Node's parser refuses; undefined if it can be handled. */
export function refusal(request: IncomingMessage): Problem | undefined {
  if (request.httpVersionMajor !== 1) return wrongVersion();
  const hosts = request.rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === 'host').length;
  if (hosts > 1) return malformed('it has more than one Host header');
  if (hosts === 0 && request.httpVersionMinor > 0) return malformed('it has no Host header');
  // The server as a whole (RFC 9110, 9.3.7), which has no resource.
  if (request.url === '*') return new Problem('not-found', 'There is nothing at *. The connection was closed.');
  return urlFault(request.url ?? '', request.headers.host ?? 'localhost');
}

/** RFC 9112, 3.2: a path, or a whole URL; both as ASCII with well-formed percent-encoding of UTF-8. */
function urlFault(target: string, host: string): Problem | undefined {
  if (!/^(?:\/|https?:\/\/)/i.test(target)) return malformedUrl('it is neither a path nor an http URL');
  if (/[^\x21-\x7e]|\\/.test(target)) return malformedUrl('it has characters that must be percent-encoded');
  try {
    decodeURIComponent(target);
  } catch {
    return malformedUrl('its percent-encoding is not that of UTF-8 text');
  }
  if (/%00/.test(target)) return malformedUrl('it contains a NUL character');
  if (target.startsWith('/')) return isHost(host) ? undefined : malformed('its Host header is not a host');
  if (!URL.canParse(target)) return malformedUrl('it is not a URL');
  const { username, password } = new URL(target);
  return username === '' && password === '' ? undefined : malformedUrl('it names a user');
}

function isHost(host: string): boolean {
  // Reserved characters would move the boundary between host and path.
  return !/[/?#@\\\s]/.test(host) && URL.canParse(`http://${host}/`);
}

/** Whether the fault is only that the client disconnected, or was cut off, before it had sent its whole body. */
export function endedEarly(fault: NodeJS.ErrnoException, { env }: Pick<Context, 'env'>): boolean {
  const { incoming } = (env ?? {}) as { incoming?: IncomingMessage };
  return fault.code === 'ECONNRESET' && incoming?.complete === false;
}

export function malformed(why: string): Problem {
  return new Problem('malformed-request', `The request could not be read: ${why}. The connection was closed.`);
}

export function wrongVersion(): Problem {
  return new Problem('http-version-not-supported', 'Send the request as HTTP/1.1. The connection was closed.');
}

function malformedUrl(why: string): Problem {
  return new Problem('malformed-url', `The URL could not be read: ${why}. The connection was closed.`);
}
