import { once } from 'node:events';
import {
  connect,
  createServer,
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';

export interface GrpcProxy {
  address: string;
  /** Answers calls of this method as a server does to a caller who may not make them. */
  refuse(method: string): void;
  /** Passes everything on again. */
  allow(): void;
  close(): Promise<void>;
}

const PERMISSION_DENIED = '7';
const UNAVAILABLE = '14';

/** Stands between a process under test and a Temporal server (`host:port`), which may go and come back meanwhile. */
export async function startGrpcProxy(target: string): Promise<GrpcProxy> {
  const refused = new Set<string>();
  const sessions = new Set<{ destroy(): void }>();
  let upstream: ClientHttp2Session | undefined;
  const server = createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session)).on('error', () => session.destroy());
  });
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => stream.destroy());
    const method = String(headers[':path']).split('/').at(-1) ?? '';
    if (refused.has(method)) return fail(stream, PERMISSION_DENIED);
    passOn(stream, headers);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  return {
    address: `127.0.0.1:${address.port}`,
    refuse: (method) => void refused.add(method),
    allow: () => refused.clear(),
    async close() {
      for (const session of sessions) session.destroy();
      upstream?.destroy();
      server.close();
      await once(server, 'close');
    },
  };

  function passOn(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const call = session().request(headers);
    let trailers: IncomingHttpHeaders = {};
    call.on('error', () => fail(stream, UNAVAILABLE));
    call.on('trailers', (fields) => (trailers = fields));
    call.on('response', (fields, flags) => {
      if (stream.destroyed || stream.headersSent) return;
      const isWhole = 'grpc-status' in fields && (flags & 1) !== 0;
      stream.respond(fields, isWhole ? { endStream: true } : { waitForTrailers: true });
      if (isWhole) return;
      stream.on('wantTrailers', () => stream.sendTrailers(trailers));
      call.pipe(stream);
    });
    stream.on('close', () => call.close());
    stream.pipe(call);
  }

  function session(): ClientHttp2Session {
    if (upstream === undefined || upstream.closed || upstream.destroyed) {
      const made = connect(`http://${target}`);
      made.on('error', () => made.destroy()).on('goaway', () => made.close());
      upstream = made;
    }
    return upstream;
  }
}

function fail(stream: ServerHttp2Stream, status: string): void {
  if (stream.destroyed || stream.headersSent) return;
  const message = status === PERMISSION_DENIED ? 'Request unauthorized.' : 'no server';
  stream.respond(
    { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': status, 'grpc-message': message },
    { endStream: true },
  );
}
