// The OpenAPI document and the pages about it. Routes describe themselves; nothing here is a second description.

import { createRequire } from 'node:module';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Env } from 'hono';
import type { Scope } from '../../domain/scopes.js';
import { ANSWER_HEADERS } from '../requests/answers.js';
import { addEventWebhooks } from './event-webhooks.js';
import { ERROR_SECTIONS } from './error-pages/sections.js';
import { problemSchema } from '../requests/problem-schema.js';
import { REQUEST_HEADERS, takes } from '../requests/header-docs.js';
import { INCLUDE_SCOPES, ROUTE_SCOPES } from '../access/route-scopes.js';

const { version } = createRequire(import.meta.url)('../../../package.json') as { version: string };

const DESCRIPTION = `
Durable order processing: every checkout ends in exactly one of \`confirmed\`, \`failed\` or \`cancelled\`.

**Authentication.** \`Authorization: Bearer <API key>\`. The scopes of a key define what it may do: \`orders\`, \`catalog\`,
\`operations\`, and \`admin\` for all of them. Each operation names its scope in \`x-scope\`; operations without one need no key, and
lists and reads of products need a scope only for the parameter \`include\`.

**Money** is in minor units of its currency (1999 is EUR 19.99); **times** are RFC 3339 in UTC.

**Unknown fields.** A body with an unknown field is refused (422), and so is an unknown query parameter. Routes without a
request body accept none, or \`{}\`. Responses may get new fields at any time: ignore those that you do not know.

**Bodies** are JSON in UTF-8, uncompressed or with \`Content-Encoding: gzip\`. An object with a duplicate member is refused.

**Lists** accept \`limit\` (1 to 100, default 50) and \`cursor\`. While \`next_cursor\` is not null, there are more rows:
request them with the same filters and that cursor.

**Retries.** A checkout is identified by its \`order_id\` or its \`Idempotency-Key\`: sent again, it returns the same order, with
\`Idempotency-Replayed: true\`. After a timeout or a 503, send the same request again.

**Problems** are \`application/problem+json\` (RFC 9457); \`code\` is stable. An unknown path answers 404
\`not-found\`, and an unsupported method 405 \`method-not-allowed\` with \`Allow\`.
`.trim();

// Older OpenAPI 3.1 parsers reject a license without an identifier.
const LICENSE = { name: 'MIT', identifier: 'MIT' };

const TAGS = [
  { name: 'Orders', description: 'Checkouts, and what can be done with their orders' },
  { name: 'Products', description: 'The catalog and its stock' },
  { name: 'Operations', description: 'Dead letters and statistics' },
  { name: 'Webhooks', description: 'Endpoints that receive the events of orders' },
  { name: 'Gateways', description: 'Events from payment gateways' },
];

export type ApiDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>;
type Operation = NonNullable<NonNullable<ApiDocument['paths']>[string]['get']>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** The OpenAPI document of all current routes, from the schemas that validate their requests. */
export function documentOf<E extends Env>(app: OpenAPIHono<E>): ApiDocument {
  const registry = app.openAPIRegistry;
  registry.register('Problem', problemSchema);
  for (const [name, header] of Object.entries(ANSWER_HEADERS)) registry.registerComponent('headers', name, header);
  for (const [name, one] of Object.entries(REQUEST_HEADERS)) registry.registerComponent('parameters', name, one);
  registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key. The scope that it needs is the `x-scope` of the operation.',
  });
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Holdfast', version, description: DESCRIPTION, license: LICENSE, contact: { name: 'Holdfast' } },
    servers: [{ url: '/', description: 'This server' }],
    tags: TAGS,
  });
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ route: `${method.toUpperCase()} ${path}`, operation }];
    }),
  );
  for (const { route, operation } of operations) completeOperation(operation, scopesOf(route));
  addExamples(document);
  addEventWebhooks(document);
  return document;
}

/** Adds the examples of the problems that answers refer to. */
function addExamples(document: ApiDocument): void {
  const referred = JSON.stringify(document.paths);
  const examples = ERROR_SECTIONS.filter(({ code }) => referred.includes(`"#/components/examples/${code}"`)).map(
    ({ code, title, example }) => [code, { summary: title, value: JSON.parse(example) }] as const,
  );
  document.components = { ...document.components, examples: Object.fromEntries(examples) };
}

/** Adds what is the same for all operations: the required scope, and X-Request-Id. */
function completeOperation(operation: Operation, { scope, more }: RouteScopes): void {
  operation.parameters = [...(operation.parameters ?? []), ...takes('RequestId')];
  if (more !== undefined) {
    operation.security = [{}, { apiKey: [] }];
    operation['x-scope'] = more;
  } else if (scope === 'public') {
    operation.security = [];
    delete operation.responses?.['401'];
    delete operation.responses?.['403'];
  } else {
    operation.security = [{ apiKey: [] }];
    operation['x-scope'] = scope;
  }
}

interface RouteScopes {
  scope: Scope | 'public';
  /** The scope that the parameter `include` of a public route needs. */
  more: Scope | undefined;
}

function scopesOf(route: string): RouteScopes {
  const name = route.replaceAll(/\{(\w+)\}/g, ':$1');
  return { scope: ROUTE_SCOPES[name] ?? 'admin', more: INCLUDE_SCOPES[name] };
}
