import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';

export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  /** As in the protocol: 1 internal, 2 server, 3 client. */
  kind: number;
  /** 0 unset, 1 ok, 2 error. */
  status: number;
  attributes: Record<string, unknown>;
  events: { name: string; attributes: Record<string, unknown> }[];
  resource: Record<string, unknown>;
}

export interface Collector {
  url: string;
  spans: CollectedSpan[];
  /** Everything that came, as it came. */
  bodies: string[];
  headers: IncomingHttpHeaders[];
  close(): Promise<void>;
}

interface Attribute {
  key: string;
  value: Record<string, unknown>;
}

interface WireSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  status?: { code?: number };
  attributes?: Attribute[];
  events?: { name: string; attributes?: Attribute[] }[];
}

interface Export {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: WireSpan[] }[] }[];
}

/** An OTLP collector over HTTP, in JSON. */
export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const bodies: string[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const isExport = request.method === 'POST' && request.url === '/v1/traces';
      response.writeHead(isExport ? 200 : 404, { 'Content-Type': 'application/json' }).end('{}');
      if (!isExport) return;
      headers.push(request.headers);
      bodies.push(body);
      spans.push(...spansOf(JSON.parse(body) as Export));
    });
  });
  return { url: await listening(server), spans, bodies, headers, close: () => closed(server) };
}

/** Takes connections and never answers. */
export async function startDeadCollector(): Promise<{ url: string; asked(): number; close(): Promise<void> }> {
  let asked = 0;
  const server = createServer(() => (asked += 1));
  return { url: await listening(server), asked: () => asked, close: () => closed(server) };
}

function spansOf({ resourceSpans }: Export): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap((scope) => scope.spans)
      .map(({ traceId, spanId, parentSpanId = '', name, kind, status, attributes, events = [] }) => ({
        traceId,
        spanId,
        parentSpanId,
        name,
        kind,
        status: status?.code ?? 0,
        attributes: recordOf(attributes),
        events: events.map((event) => ({ name: event.name, attributes: recordOf(event.attributes) })),
        resource: recordOf(resource.attributes),
      })),
  );
}

function recordOf(attributes: Attribute[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
