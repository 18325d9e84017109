// Orders followed live, by server-sent events: one poll of the database serves all followers of a process.
// Nothing here waits for a client that does not read.

import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import { streamSSE, type SSEStreamingApi } from 'hono/streaming';
import { waitingFor } from '../../../domain/order-record.js';
import type { Waiting } from '../../../domain/order-waiting.js';
import { isSettled, type OrderStatus } from '../../../domain/order.js';
import { emptyAnswer } from '../../requests/answers.js';
import { existingOrder, type OrderSources } from '../accept-checkout.js';
import { createMailbox, type Mailbox } from './mailbox.js';
import { eventJson, type OrderEvent } from '../order-events.js';
import type { OrderFollowers } from './order-followers.js';
import { orderIdSchema } from '../order-schema.js';
import { problems } from '../../requests/problem-schema.js';
import { Problem } from '../../requests/problems.js';
import { refuseInvalid } from '../../requests/validation.js';

export interface StreamOptions extends OrderSources {
  followers: OrderFollowers;
  /** The pause after which a silent stream sends a comment, in milliseconds. */
  heartbeatMs?: number;
}

type Mail =
  | { kind: 'events'; events: readonly OrderEvent[]; status: OrderStatus }
  | { kind: 'waiting'; waiting: Waiting | null }
  | { kind: 'end' };

const STREAM_TYPE = 'text/event-stream; charset=utf-8';
const HEARTBEAT_MS = 15_000;
/** How soon a client that lost its stream reconnects; sent to it. */
const RECONNECT_MS = 2_000;
const RETRY_AFTER_SECONDS = 5;
/** A reader that is this many polls behind is disconnected, and continues after its last event when it reconnects. */
const MOST_WAITING = 50;

const getStream = createRoute({
  method: 'get',
  path: '/v1/orders/{id}/stream',
  tags: ['Orders'],
  operationId: 'followOrder',
  summary: 'Follow an order live',
  description:
    'Server-sent events: each event of the order as one message, with its `seq` as id; then, when the order is settled, one ' +
    'message `settled` with the status, and the end. A message `waiting` says what the order waits for, as in the order itself, ' +
    'and `null` when it makes progress. Idle streams send comments. A client that lost the stream reconnects ' +
    'with Last-Event-ID, as browsers do automatically.',
  request: {
    params: z.object({ id: orderIdSchema }),
    headers: z.object({
      'last-event-id': z
        .string()
        .regex(/^\d{1,9}$/, 'must be the id of an event of this stream, a whole number')
        .transform(Number)
        .optional()
        .openapi({ type: 'string', pattern: '^[0-9]{1,9}$', description: 'The stream continues after this event.' }),
    }),
  },
  responses: {
    200: {
      ...emptyAnswer('The events of the order as server-sent events, until the order is settled'),
      content: {
        'text/event-stream': {
          // OpenAPI 3.1 cannot describe the events of a stream.
          schema: z.unknown(),
          example:
            'retry: 2000\n\nid: 3\ndata: {"seq":3,"type":"order.confirmed","data":{},"created_at":"2026-11-01T09:30:00.090Z"}' +
            '\n\nevent: settled\ndata: {"status":"confirmed"}\n\n',
        },
      },
    },
    204: emptyAnswer('The order is settled and there is nothing after Last-Event-ID: do not ask again'),
    ...problems('not-found', 'validation-error', 'too-many-streams'),
  },
});

/** An order's timeline as server-sent events (WHATWG HTML, section 9.2). The id of an event is its `seq`. */
export function createStreamRoutes({ followers, heartbeatMs = HEARTBEAT_MS, ...sources }: StreamOptions) {
  const app = new OpenAPIHono({ defaultHook: refuseInvalid });

  return app.openapi(getStream, async (c) => {
    const { id } = c.req.valid('param');
    const order = await existingOrder(sources, id);
    const { status, version } = order;
    // The id of another order's event may be beyond this order's last one: nothing would ever come after it.
    const heard = Math.min(c.req.valid('header')['last-event-id'] ?? 0, version);
    // An EventSource reconnects after each end; only this answer stops it.
    if (isSettled(status) && heard >= version) return c.body(null, 204);
    // No one reads the body, so nothing would ever end the stream.
    if (c.req.method === 'HEAD') return c.body(null, 200, { 'Content-Type': STREAM_TYPE });

    const mailbox = createMailbox<Mail>();
    const leave = followers.follow(id, heard, {
      hear: (events, now) => post({ kind: 'events', events, status: now }),
      wait: (waiting) => post({ kind: 'waiting', waiting }),
      end: () => hangUp(),
    });
    mailbox.put({ kind: 'waiting', waiting: waitingFor(order) });
    function post(mail: Mail): void {
      mailbox.put(mail);
      if (mailbox.size > MOST_WAITING) hangUp();
    }
    function hangUp(): void {
      leave?.();
      mailbox.put({ kind: 'end' });
    }
    if (leave === undefined) {
      const detail = `This server has as many open streams as it can serve. Try again later, or read /v1/orders/${id}.`;
      throw new Problem('too-many-streams', detail, {}, { 'Retry-After': String(RETRY_AFTER_SECONDS) });
    }
    c.header('X-Accel-Buffering', 'no');
    const answer = streamSSE(c, async (stream) => {
      stream.onAbort(hangUp);
      await send(stream, mailbox, heard, heartbeatMs).finally(leave);
    });
    answer.headers.set('Content-Type', STREAM_TYPE);
    // Only the server decides whether the connection stays open; a client that expects otherwise would send to a closed
    // one.
    answer.headers.delete('Connection');
    return answer;
  });
}

async function send(stream: SSEStreamingApi, mailbox: Mailbox<Mail>, after: number, heartbeatMs: number) {
  let heard = after;
  let waiting = 'null';
  await stream.write(`retry: ${RECONNECT_MS}\n\n`);
  while (!stream.aborted) {
    const mail = await mailbox.take(heartbeatMs);
    if (mail === undefined) {
      await stream.write(': still here\n\n');
      continue;
    }
    if (mail.kind === 'end') return;
    if (mail.kind === 'waiting') {
      const now = JSON.stringify(mail.waiting);
      if (now !== waiting) await stream.writeSSE({ event: 'waiting', data: now });
      waiting = now;
      continue;
    }
    for (const event of mail.events.filter(({ seq }) => seq > heard)) {
      heard = event.seq;
      await stream.writeSSE({ id: String(event.seq), data: JSON.stringify(eventJson(event)) });
    }
    if (isSettled(mail.status)) {
      await stream.writeSSE({ event: 'settled', data: JSON.stringify({ status: mail.status }) });
      return;
    }
  }
}
