import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import { OLDEST_RECOVERY_MS, type EndpointRecovery } from '../../domain/endpoint-recovery.js';
import { timestamp } from '../requests/fields.js';
import { answer } from '../requests/answers.js';
import { given } from '../requests/given.js';
import { FROM_JSON, problems } from '../requests/problem-schema.js';
import { Problem } from '../requests/problems.js';
import { guarded } from '../requests/guarded-route.js';
import { strictJson } from '../requests/strict-json.js';
import { jsonBody, refuseInvalid } from '../requests/validation.js';
import { endpointParams } from './webhook-endpoint-schema.js';

export type RecoveryBegun =
  | { kind: 'begun'; recovery: EndpointRecovery }
  | { kind: 'running'; recovery: EndpointRecovery }
  | { kind: 'not_found' }
  | { kind: 'disabled' };

/** The last recovery of each endpoint. Throws `Unavailable` when the database does not answer. */
export interface EndpointRecoveryStore {
  last(endpointId: string): Promise<EndpointRecovery | undefined>;
  begin(endpointId: string, span: { since: string; until?: string; missedOnly: boolean }): Promise<RecoveryBegun>;
}

export interface RecoveryOptions {
  recoveries: EndpointRecoveryStore;
  maxBodyBytes: number;
}

const recoverySchema = z
  .object({
    since: timestamp.openapi({ description: 'Events from this time on are resent; at most 90 days ago.' }),
    until: timestamp.optional().openapi({ description: 'Events from this time on are not. Default: now.' }),
    only: z.literal('missed').optional().openapi({
      description: 'Leave out what the endpoint has accepted. Without it everything is resent, under the same ids.',
    }),
  })
  .strict()
  .openapi('RecoveryBody', { example: { since: '2026-03-09T00:00:00.000Z', only: 'missed' } });

const recoveryJsonSchema = z
  .object({
    endpoint_id: z.string(),
    since: timestamp,
    until: timestamp,
    only: z.literal('missed').nullable(),
    resent: z.int().min(0).openapi({ description: 'How many deliveries it has started so far.' }),
    started_at: timestamp,
    finished_at: timestamp.nullable().openapi({ description: 'Null while it is running.' }),
    links: z.object({ endpoint: z.string(), deliveries: z.string() }),
  })
  .openapi('Recovery', {
    example: {
      endpoint_id: `we_${'0f3e9a77'.repeat(4)}`,
      since: '2026-03-09T00:00:00.000Z',
      until: '2026-03-09T12:00:00.000Z',
      only: 'missed',
      resent: 214,
      started_at: '2026-03-09T12:00:00.000Z',
      finished_at: '2026-03-09T12:00:03.120Z',
      links: {
        endpoint: `/v1/webhook-endpoints/we_${'0f3e9a77'.repeat(4)}`,
        deliveries: `/v1/webhook-deliveries?endpoint_id=we_${'0f3e9a77'.repeat(4)}`,
      },
    },
  });

const path = '/v1/webhook-endpoints/{id}/recover';
const tags = ['Webhooks'];

const postRecovery = createRoute({
  method: 'post',
  path,
  tags,
  operationId: 'recoverWebhookEndpoint',
  summary: 'Resend the events of a time span',
  description:
    'Resends in the background every event that the endpoint subscribes to now, including those from while it was disabled.',
  request: { params: endpointParams, body: jsonBody(recoverySchema) },
  responses: {
    202: answer('The recovery has begun', recoveryJsonSchema),
    ...problems(...FROM_JSON, 'not-found', 'endpoint-disabled', 'recovery-running'),
  },
});
const getRecovery = createRoute({
  method: 'get',
  path,
  tags,
  operationId: 'getWebhookRecovery',
  summary: 'Read the progress of the last recovery',
  description: 'The last recovery of the endpoint, running or finished.',
  request: { params: endpointParams },
  responses: { 200: answer('The recovery', recoveryJsonSchema), ...problems('not-found', 'validation-error') },
});

export function createRecoveryRoutes({ recoveries, maxBodyBytes }: RecoveryOptions) {
  const app = new OpenAPIHono({ defaultHook: refuseInvalid });

  return app
    .openapi(guarded(postRecovery, strictJson(maxBodyBytes)), async (c) => {
      const { id } = c.req.valid('param');
      const { since, until, only } = c.req.valid('json');
      refuseSpan(since, until, Date.now());
      const begun = await recoveries.begin(id, { since, missedOnly: only === 'missed', ...given({ until }) });
      switch (begun.kind) {
        case 'begun':
          return c.json(recoveryJson(id, begun.recovery), 202);
        case 'running':
          throw new Problem(
            'recovery-running',
            `This endpoint is being recovered since ${begun.recovery.startedAt}. Wait until that is finished.`,
          );
        case 'disabled':
          throw new Problem('endpoint-disabled', 'Enable the endpoint first: PATCH it with {"state":"enabled"}.');
        case 'not_found':
          throw new Problem('not-found', 'There is no webhook endpoint with this id.');
      }
    })
    .openapi(getRecovery, async (c) => {
      const { id } = c.req.valid('param');
      const recovery = await recoveries.last(id);
      if (recovery === undefined) throw new Problem('not-found', 'This endpoint has never been recovered.');
      return c.json(recoveryJson(id, recovery), 200);
    });
}

function refuseSpan(since: string, until: string | undefined, now: number): void {
  const errors = [
    ...(Date.parse(since) < now - OLDEST_RECOVERY_MS
      ? [{ pointer: '/since', detail: 'must be within the last 90 days' }]
      : []),
    ...(Date.parse(since) >= Math.min(now, until === undefined ? now : Date.parse(until))
      ? [{ pointer: '/since', detail: 'must be in the past, and before until' }]
      : []),
    ...(until !== undefined && Date.parse(until) > now
      ? [{ pointer: '/until', detail: 'must not be in the future' }]
      : []),
  ];
  if (errors.length > 0) throw new Problem('validation-error', 'This time span cannot be recovered.', { errors });
}

function recoveryJson(endpointId: string, recovery: EndpointRecovery): z.infer<typeof recoveryJsonSchema> {
  return {
    endpoint_id: endpointId,
    since: recovery.since,
    until: recovery.until,
    only: recovery.missedOnly ? 'missed' : null,
    resent: recovery.resent,
    started_at: recovery.startedAt,
    finished_at: recovery.finishedAt,
    links: {
      endpoint: `/v1/webhook-endpoints/${endpointId}`,
      deliveries: `/v1/webhook-deliveries?endpoint_id=${endpointId}`,
    },
  };
}
