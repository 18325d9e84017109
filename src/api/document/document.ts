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

**Authentication.** \`Authorization: Bearer <API key>\`. What a key may do is said by its scopes: \`orders\`, \`catalog\`,
\`operations\`, and \`admin\` for all of them. Each operation names its scope in \`x-scope\`; those without one need no key, and lists and
reads of products need it for the parameter \`include\` alone.

**Money** is in minor units of its currency (1999 is EUR 19.99); **times** are RFC 3339 in UTC.

**Unknown fields.** A body with a field that is not known is refused (422), as is a query parameter that the route does not
have. Routes without a request body take none, or \`{}\`. Answers may get new fields at any time: ignore those you do not know.

**Bodies** are JSON in UTF-8, as they are or with \`Content-Encoding: gzip\`. A member that stands twice in an object is refused.

**Lists** take \`limit\` (1 to 100, 50 unless given) and \`cursor\`. While \`next_cursor\` of an answer is not null there are
more: ask again with the same filters and that cursor.

**Sending again.** A checkout is known by its \`order_id\`, or by \`Idempotency-Key\`: sent again it gives the same order, with
\`Idempotency-Replayed: true\`. After a time-out or a 503 send the same request again.

**Problems** are \`application/problem+json\` (RFC 9457); \`code\` is stable. A path that does not exist answers
404 \`not-found\`, a method that a path does not have 405 \`method-not-allowed\` with \`Allow\`.
`.trim();

// Older readers of OpenAPI 3.1 refuse a license without an identifier.
const LICENSE = { name: 'MIT', identifier: 'MIT' };

const TAGS = [
  { name: 'Orders', description: 'Checkouts, and what can be done with their orders' },
  { name: 'Products', description: 'The catalog and its stock' },
  { name: 'Operations', description: 'What needs a person, and the numbers of the shop' },
  { name: 'Webhooks', description: 'Endpoints that receive the events of orders' },
  { name: 'Gateways', description: 'What payment gateways send' },
];

export type ApiDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>;
type Operation = NonNullable<NonNullable<ApiDocument['paths']>[string]['get']>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** The OpenAPI document of all routes that the app has now, from the schemas that check their requests. */
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

/** Adds the example of each problem that an answer refers to. */
function addExamples(document: ApiDocument): void {
  const referred = JSON.stringify(document.paths);
  const examples = ERROR_SECTIONS.filter(({ code }) => referred.includes(`"#/components/examples/${code}"`)).map(
    ({ code, title, example }) => [code, { summary: title, value: JSON.parse(example) }] as const,
  );
  document.components = { ...document.components, examples: Object.fromEntries(examples) };
}

/** Adds what is the same for all operations: who may, and X-Request-Id. */
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
  /** What a key needs for the parameter `include` of a public route. */
  more: Scope | undefined;
}

function scopesOf(route: string): RouteScopes {
  const name = route.replaceAll(/\{(\w+)\}/g, ':$1');
  return { scope: ROUTE_SCOPES[name] ?? 'admin', more: INCLUDE_SCOPES[name] };
}
