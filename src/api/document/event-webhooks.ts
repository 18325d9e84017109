import type { OpenAPIHono } from '@hono/zod-openapi';
import { jsonSchemas } from '../webhooks/event-schema.js';

type Document = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

const header = (name: string, description: string, example: string) => ({
  in: 'header' as const,
  name,
  description,
  required: true,
  schema: { type: 'string' as const },
  example,
});

// The three headers of Standard Webhooks.
const HEADERS = [
  header('webhook-id', 'The id of the event, the same for every try and every resend.', 'evt_order-1001_3'),
  header('webhook-timestamp', 'When this try was sent, in seconds since 1970.', '1767225600'),
  header(
    'webhook-signature',
    'One signature per secret, separated by blanks: HMAC-SHA256 over `<id>.<timestamp>.<body>`.',
    'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  ),
];

/** Adds the messages that endpoints receive: one webhook per event type, one schema per shape. */
export function addEventWebhooks(document: Document): void {
  const shapes = jsonSchemas();
  const schemas = shapes.map(({ name, schema }) => {
    const { $schema: _, ...rest } = schema as Record<string, unknown>;
    return [name, rest] as const;
  });
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, ...Object.fromEntries(schemas) },
  };
  document.webhooks = Object.fromEntries(
    shapes.flatMap(({ name, types }) => types.map((type) => [type, { post: messageOf(type, name) }])),
  );
}

function messageOf(type: string, schema: string) {
  return {
    tags: ['Webhooks'],
    operationId: `on${pascalCase(type)}`,
    summary: `Receive ${type}`,
    description:
      'Holdfast posts this to every enabled endpoint that subscribes to it, at least once, in no fixed order.',
    security: [],
    parameters: HEADERS,
    requestBody: {
      required: true,
      content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } },
    },
    responses: {
      '2XX': { description: 'Received. Answer first and work later.' },
      '410': { description: 'The endpoint is no longer there: Holdfast disables it.' },
    },
  };
}

function pascalCase(type: string): string {
  return type.replaceAll(/(?:^|[._])([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
