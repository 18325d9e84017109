import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createStripeState, Refusal, type StripeState } from './stripe-state.js';

export type Operation = 'create' | 'confirm' | 'retrieve' | 'cancel' | 'refund' | 'refunds' | 'list';

/** What goes wrong with one call: nothing is done, or everything, and the answer does not come. */
export type Fault =
  | 'hang_before'
  | 'hang_after'
  | 'reset_before'
  | 'reset_after'
  | 'fault_before'
  | 'fault_after'
  | { limit: number };

interface Saved {
  parameters: string;
  status: number;
  body: object;
}

/** A Stripe that keeps what it is told, as its documents say, idempotency keys included. Listens on a free port. */
export async function startFakeStripe() {
  const state = createStripeState();
  const saved = new Map<string, Saved>();
  const faults: { operation: Operation; fault: Fault; orderId: string | undefined }[] = [];
  const calls: { operation: Operation; path: string; key: string | undefined; version: string | undefined }[] = [];
  const watchers: { operation: Operation; orderId: string | undefined; hangs: () => void }[] = [];

  const server = createServer((request, response) => {
    void bodyOf(request).then((text) => answer(request, response, text));
  });

  async function answer(request: IncomingMessage, response: ServerResponse, text: string): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stripe');
    const operation = operationOf(request.method ?? 'GET', pathname);
    const key = headerOf(request, 'idempotency-key');
    calls.push({ operation, path: pathname, key, version: headerOf(request, 'stripe-version') });
    const orderId = orderOf(state, pathname, new URLSearchParams(text));
    const isThis = (about: { operation: Operation; orderId: string | undefined }) =>
      about.operation === operation && (about.orderId === undefined || about.orderId === orderId);
    const place = faults.findIndex(isThis);
    const [planned] = place === -1 ? [] : faults.splice(place, 1);
    const fault = planned?.fault;
    const hang = () => watchers.filter(isThis).forEach(({ hangs }) => hangs());
    if (typeof fault === 'object') return send(response, 429, limited, { 'Retry-After': `${fault.limit}` });
    if (fault === 'hang_before') return hang();
    if (fault === 'reset_before') return void request.socket.resetAndDestroy();

    const parameters = `${operation} ${pathname} ${text}`;
    const before = key === undefined ? undefined : saved.get(key);
    if (before !== undefined && before.parameters !== parameters) return send(response, 400, misused);
    const { status, body } = before ?? run(fault === 'fault_before');
    const isSaved = before === undefined && request.method === 'POST' && key !== undefined;
    if (isSaved && (status < 400 || status === 402 || status >= 500)) saved.set(key, { parameters, status, body });
    if (fault === 'hang_after') return hang();
    if (fault === 'reset_after') return void request.socket.resetAndDestroy();
    return send(response, status, body, before === undefined ? {} : { 'Idempotent-Replayed': 'true' });

    function run(isSpoiled: boolean): Omit<Saved, 'parameters'> {
      if (isSpoiled) return { status: 500, body: broken };
      try {
        const body = act(state, operation, pathname, new URLSearchParams(text), searchParams);
        return fault === 'fault_after' ? { status: 500, body: broken } : { status: 200, body };
      } catch (error) {
        if (error instanceof Refusal) return { status: error.status, body: error.body };
        throw error;
      }
    }
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    ...state,
    calls,
    url: `http://127.0.0.1:${address.port}`,
    /** Spoils the next call of this kind, of one order or of any. */
    spoil: (operation: Operation, fault: Fault, orderId?: string) => void faults.push({ operation, fault, orderId }),
    /** Resolves when a call of this kind hangs. */
    hanging: (operation: Operation, orderId?: string) =>
      new Promise<void>((hangs) => void watchers.push({ operation, orderId, hangs })),
    /** As Stripe does after a day. */
    forgetKeys: () => saved.clear(),
    async close(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export type FakeStripe = Awaited<ReturnType<typeof startFakeStripe>>;

const limited = { error: { type: 'invalid_request_error', code: 'rate_limit', message: 'Too many requests.' } };
const broken = { error: { type: 'api_error', message: 'An unknown error occurred.' } };
const misused = {
  error: {
    type: 'idempotency_error',
    message: 'Keys for idempotent requests can only be used with the same parameters.',
  },
};

function act(
  state: StripeState,
  operation: Operation,
  path: string,
  body: URLSearchParams,
  query: URLSearchParams,
): object {
  const id = path.split('/')[3] ?? '';
  switch (operation) {
    case 'create':
      return state.create({
        amount: Number(body.get('amount')),
        currency: body.get('currency') ?? '',
        ...(body.has('payment_method') ? { payment_method: body.get('payment_method') ?? '' } : {}),
        metadata: metadataIn(body),
      });
    case 'confirm':
      return state.confirm(id, { errorOnAction: body.get('error_on_requires_action') === 'true' });
    case 'retrieve':
      return state.intentOf(id);
    case 'cancel':
      return state.cancel(id, body.get('cancellation_reason'));
    case 'refund': {
      const amount = body.get('amount');
      return state.refund(
        body.get('payment_intent') ?? '',
        amount === null ? undefined : Number(amount),
        metadataIn(body),
      );
    }
    case 'refunds': {
      const data = [...state.refunds.values()].filter(
        ({ payment_intent }) => payment_intent === query.get('payment_intent'),
      );
      return { object: 'list', url: path, has_more: false, data };
    }
    case 'list':
      return { object: 'list', url: path, has_more: false, data: [] };
  }
}

/** The order that a call is about. */
function orderOf({ intents }: StripeState, path: string, body: URLSearchParams): string | undefined {
  const id = path.split('/')[3] ?? body.get('payment_intent') ?? '';
  return body.get('metadata[order_id]') ?? intents.get(id)?.metadata['order_id'];
}

function operationOf(method: string, path: string): Operation {
  if (path === '/v1/payment_intents') return method === 'POST' ? 'create' : 'list';
  if (path === '/v1/refunds') return method === 'POST' ? 'refund' : 'refunds';
  if (path.endsWith('/confirm')) return 'confirm';
  return path.endsWith('/cancel') ? 'cancel' : 'retrieve';
}

function metadataIn(body: URLSearchParams): Record<string, string> {
  return Object.fromEntries(
    [...body].flatMap(([name, value]) => {
      const found = /^metadata\[(.+)\]$/.exec(name);
      return found === null ? [] : [[found[1] ?? '', value]];
    }),
  );
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

function send(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
}
