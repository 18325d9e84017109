import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { malformed, wrongVersion } from './request-rules.js';
import { Problem, PROBLEM_TYPE, problemBody, PROBLEMS, type ProblemPlace } from './problems.js';
import type { RequestObserver } from './request-observer.js';

/** Answers one request that Node could read but that is refused anyway. */
export type Refuse = (incoming: IncomingMessage, outgoing: ServerResponse, problem: Problem) => void;

interface ParserError extends NodeJS.ErrnoException {
  rawPacket?: Buffer;
  bytesParsed?: number;
}

const REQUEST_LINE = /^[\w!#$%&'*+.^`|~-]+ \S+ HTTP\/\d\.\d\r?\n/;
const REQUEST_ID = /^[\w\-=]{1,255}$/;
// For a client that is still sending: closing immediately would reset the connection and lose the answer.
const LINGER_MS = 1_000;

/** Answers with a problem what Node's parser refuses: Node would send a bare status line, or nothing. */
export function refuseMalformed(server: Server, observe: RequestObserver): Refuse {
  const latest = new WeakMap<Duplex, { incoming: IncomingMessage; outgoing: ServerResponse }>();
  const refused = new WeakSet<Duplex>();

  server.on('request', (incoming, outgoing) => latest.set(incoming.socket, { incoming, outgoing }));
  server.on('checkExpectation', (incoming, outgoing) => {
    latest.set(incoming.socket, { incoming, outgoing });
    const detail = 'Send no Expect header, or Expect: 100-continue. The connection was closed.';
    refuse(incoming, outgoing, new Problem('expectation-failed', detail));
  });
  server.on('connect', (_incoming, socket) => {
    // Node removes its own listeners from this socket, and an error without a listener would end the process.
    socket.on('error', () => socket.destroy());
    answerNext(socket, notImplemented());
  });
  server.on('clientError', (error: ParserError, socket) => {
    // The parser reports further errors about whatever the client sends after the first one.
    if (refused.has(socket)) return;
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    answerNext(socket, parserFault(error));
  });
  return refuse;

  /** Never between a request and its own answer: the client would mistake this problem for that answer. */
  function answerNext(socket: Duplex, problem: Problem): void {
    refused.add(socket);
    const before = latest.get(socket);
    if (before === undefined || before.outgoing.writableFinished) {
      write(socket, problem);
    } else if (before.incoming.complete) {
      before.outgoing.once('close', () => write(socket, problem));
    } else if (before.outgoing.headersSent) {
      socket.destroy();
    } else {
      write(socket, problem);
    }
  }

  function write(socket: Duplex, problem: Problem): void {
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    const place = { requestId: randomUUID() };
    const { status } = PROBLEMS[problem.code];
    const { headers, text } = answerOf(problem, place);
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...head, '', text].join('\r\n'));
    const cut = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(cut));
    tell(problem, place);
  }

  function refuse(incoming: IncomingMessage, outgoing: ServerResponse, problem: Problem): void {
    const sent = incoming.headers['x-request-id'];
    const requestId = typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : randomUUID();
    const { headers, text } = answerOf(problem, { requestId });
    outgoing.writeHead(PROBLEMS[problem.code].status, headers);
    outgoing.end(text);
    incoming.resume();
    tell(problem, { requestId });
  }

  function tell(error: Problem, { requestId }: ProblemPlace): void {
    const { status } = PROBLEMS[error.code];
    observe({ method: 'other', route: 'refused', path: '', status, seconds: 0, requestId, error });
  }
}

function answerOf(problem: Problem, place: ProblemPlace) {
  const text = JSON.stringify(problemBody(problem, place));
  const headers = {
    'Content-Type': PROBLEM_TYPE,
    'Content-Length': `${Buffer.byteLength(text)}`,
    'X-Request-Id': place.requestId,
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    Date: new Date().toUTCString(),
    Connection: 'close',
    ...problem.headers,
  };
  return { headers, text };
}

/** By llhttp's codes; the difference between the others does not matter to honest clients. */
function parserFault(error: ParserError): Problem {
  const code: string = error.code ?? '';
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem('headers-too-large', 'The request line and headers are too long. The connection was closed.');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem('body-too-large', 'The chunk extensions of the body are too long. The connection was closed.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('request-timeout', 'The request did not arrive in time. The connection was closed.');
    case 'HPE_INVALID_VERSION':
    case 'HPE_PAUSED_H2_UPGRADE':
      return wrongVersion();
    case 'HPE_INVALID_METHOD':
      return REQUEST_LINE.test(lineOf(error)) ? notImplemented() : malformed('it is not HTTP/1.1');
    case 'HPE_INVALID_URL':
      return malformed('its target is not a URL');
    case 'HPE_INVALID_CONTENT_LENGTH':
    case 'HPE_UNEXPECTED_CONTENT_LENGTH':
    case 'HPE_INVALID_TRANSFER_ENCODING':
      return malformed('the length of its body is not clear');
    case 'HPE_INVALID_CHUNK_SIZE':
      return malformed('a chunk of its body has no readable size');
    case 'HPE_INVALID_HEADER_TOKEN':
      return malformed('a header has characters that are not allowed');
    default:
      return malformed('it is not HTTP/1.1, or it ends early');
  }
}

/** From the start of the line with the error: the packet may begin with valid requests. */
function lineOf({ rawPacket, bytesParsed = 0 }: ParserError): string {
  const text = rawPacket?.toString('latin1') ?? '';
  return text.slice(text.lastIndexOf('\n', bytesParsed) + 1);
}

function notImplemented(): Problem {
  return new Problem('method-not-implemented', 'No resource here has this method. The connection was closed.');
}
