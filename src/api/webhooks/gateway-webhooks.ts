import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import type { GatewayEvent, VerifiedGatewayEvent } from '../../domain/gateway-event.js';
import { guarded } from '../requests/guarded-route.js';
import { answer } from '../requests/answers.js';
import type { ApiLog } from '../requests/api-log.js';
import { problems } from '../requests/problem-schema.js';
import { Problem } from '../requests/problems.js';
import { limitBody } from '../requests/body-limit.js';
import { refuseInvalid } from '../requests/validation.js';

const MAX_EVENT_BYTES = 65_536;
const NOT_AN_EVENT =
  'The signature is valid, but the body is not an event: not JSON, a field is missing, or its id is not webhook-id. Nothing was stored.';

export type Verification = VerifiedGatewayEvent | { unknownGateway: true };

/** Tells genuine gateway events from forged and stale ones, by their raw bytes. */
export interface GatewayEventVerifier {
  verify(gateway: string, headers: Headers, rawBody: Uint8Array): Verification | Promise<Verification>;
}

/** Throws `Unavailable` when the database is unavailable. */
export interface ReceivedEventStore {
  /** Stores an event, once per id. From then on, a worker processes it. */
  store(event: GatewayEvent & { gateway: string }): Promise<unknown>;
}

export interface WebhookOptions {
  gatewayEvents: GatewayEventVerifier;
  inbox: ReceivedEventStore;
  log: ApiLog;
}

const received = z.object({ received: z.literal(true) }).openapi('Received', { example: { received: true } });

const postEvent = createRoute({
  method: 'post',
  path: '/webhooks/payments/{gateway}',
  tags: ['Gateways'],
  operationId: 'receiveGatewayEvent',
  summary: 'Receive an event from a payment gateway',
  description:
    'Signed in the gateway’s own way, over the raw bytes; the sandbox signs as in Standard Webhooks. What ' +
    'an event says is a hint: the charge or refund is looked up.',
  request: {
    params: z.object({
      gateway: z
        .string()
        .regex(/^[a-z0-9-]{1,40}$/)
        .openapi({ example: 'sandbox' }),
    }),
    body: {
      required: true,
      description: 'What the gateway sends, in any form. It is read as bytes.',
      content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
    },
  },
  responses: {
    200: answer('Stored; what is new in it will be processed', received),
    ...problems('invalid-signature', 'invalid-event', 'not-found', 'body-too-large'),
  },
});

export function createGatewayWebhookRoutes({ gatewayEvents, inbox, log }: WebhookOptions) {
  const app = new OpenAPIHono<{ Variables: { requestId: string } }>({ defaultHook: refuseInvalid });
  const limit = limitBody(MAX_EVENT_BYTES);

  return app.openapi(guarded(postEvent, limit), async (c) => {
    const { gateway } = c.req.valid('param');
    const rawBody = new Uint8Array(await c.req.arrayBuffer());
    const verification = await gatewayEvents.verify(gateway, c.req.raw.headers, rawBody);
    if ('unknownGateway' in verification) throw new Problem('not-found', `There is no gateway "${gateway}".`);
    if (!verification.ok) {
      const { reason } = verification;
      log.warn({ request_id: c.get('requestId'), gateway, reason }, 'a message of a gateway was refused');
      if (reason === 'body_invalid') throw new Problem('invalid-event', NOT_AN_EVENT);
      throw new Problem('invalid-signature', 'The signature is missing, wrong or too old. Nothing was stored.');
    }

    await inbox.store({ gateway, ...verification.event });
    return c.json({ received: true as const }, 200);
  });
}
