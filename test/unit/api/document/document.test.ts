import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { createApp, type AppOptions } from '../../../../src/api/app.js';
import { documentOf } from '../../../../src/api/document/document.js';
import { PROBLEMS } from '../../../../src/api/requests/problems.js';
import { INCLUDE_SCOPES, ROUTE_SCOPES } from '../../../../src/api/access/route-scopes.js';

interface Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
  security?: object[];
  'x-scope'?: string;
  parameters: { $ref?: string; name?: string; in?: string; required?: boolean }[];
  requestBody?: { required?: boolean; content: Record<string, { schema?: { $ref?: string } }> };
  responses: Record<string, { description: string; headers?: object; content?: Record<string, object> }>;
}

const OF_DOCUMENTS = ['GET /', 'GET /favicon.ico', 'GET /openapi.json', 'GET /docs', 'GET /docs/*', 'GET /docs/errors'];
const EVERYWHERE = ['internal-error', 'overloaded', 'unavailable', 'uri-too-long', 'headers-too-large'];

const app = createApp({
  guards: [],
  maxBodyBytes: 65_536,
  log: { warn: () => {}, error: () => {} },
} as unknown as AppOptions);
// As clients get it: what JSON cannot say is gone.
const document = JSON.parse(JSON.stringify(documentOf(app)));
const paths = document.paths as Record<string, Record<string, Operation>>;
const operations = Object.entries(paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, operation })),
);
const names = operations.map(({ route }) => route);
const nodes = [...everyNode(document, '#')];

const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
addFormats.default(ajv);
ajv.addKeyword('example').addFormat('binary', true);
for (const word of ['openapi', 'info', 'servers', 'tags', 'paths', 'components', 'webhooks']) ajv.addKeyword(word);
ajv.addSchema(document, 'api');

const faultsOf = (schema: object, value: unknown): unknown => {
  const validate = ajv.compile(absolute(schema) as object);
  return validate(value) ? [] : validate.errors;
};

describe('the document', () => {
  test('has every route of the app, and no other', () => {
    const routes = app.routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`);
    const wanted = [...new Set(routes)].filter((route) => !OF_DOCUMENTS.includes(route));
    expect(names.map((name) => name.replaceAll(/\{(\w+)\}/g, ':$1')).sort()).toEqual(wanted.sort());
    expect(names.length).toBeGreaterThan(20);
  });

  test('lets a body be left out when every member of it may', () => {
    const bodies = operations.flatMap(({ route, operation: { requestBody } }) => {
      const { schema } = requestBody?.content['application/json'] ?? {};
      if (requestBody === undefined || schema === undefined) return [];
      const name = schema.$ref?.split('/').at(-1) ?? '';
      const { required = [], minProperties = 0, anyOf, oneOf } = document.components.schemas[name];
      const mayBeEmpty = required.length + minProperties === 0 && (anyOf ?? oneOf) === undefined;
      return [{ route, isRequired: requestBody.required ?? false, mayBeEmpty }];
    });
    expect(bodies.length).toBeGreaterThan(8);
    expect(bodies.filter(({ isRequired, mayBeEmpty }) => isRequired === mayBeEmpty)).toEqual([]);
    expect(bodies.filter(({ mayBeEmpty }) => mayBeEmpty).map(({ route }) => route)).toEqual([
      'POST /v1/orders/{id}/cancel',
      'POST /v1/orders/{id}/fulfilments',
    ]);
  });

  test('is of OpenAPI 3.1 and has info, servers and security', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'));
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Holdfast', version }, servers: [{ url: '/' }] });
    expect(document.components.securitySchemes.apiKey).toMatchObject({ type: 'http', scheme: 'bearer' });
  });

  test('refers to nothing that is not there', () => {
    const references = nodes.flatMap(({ node }) => (typeof node['$ref'] === 'string' ? [node['$ref']] : []));
    expect(references.length).toBeGreaterThan(200);
    expect([...new Set(references)].filter((reference) => resolve(reference) === undefined)).toEqual([]);
  });

  test('leaves no component unused', () => {
    const used = new Set(nodes.map(({ node }) => node['$ref']));
    const kinds = ['schemas', 'headers', 'parameters'].flatMap((kind) =>
      Object.keys(document.components[kind]).map((name) => `#/components/${kind}/${name}`),
    );
    expect(kinds.filter((reference) => !used.has(reference))).toEqual([]);
  });

  test('gives each operation a unique id', () => {
    const ids = operations.map(({ operation }) => operation.operationId ?? '');
    expect(ids.filter((id) => !/^[a-z][A-Za-z]+$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('has patterns that every reader of ECMA-262 takes, with flags and without', () => {
    const patterns = nodes.flatMap(({ node }) => (typeof node['pattern'] === 'string' ? [node['pattern']] : []));
    expect(patterns.length).toBeGreaterThan(20);
    for (const pattern of patterns) {
      expect(() => [new RegExp(pattern), new RegExp(pattern, 'u')]).not.toThrow();
      expect(pattern).not.toMatch(/\\p\{/i);
    }
  });
});

describe.each(operations)('the operation $route', ({ route, operation }) => {
  const answers = Object.entries(operation.responses);

  test('has a summary, and a tag that is described', () => {
    expect(operation.summary).toMatch(/^[A-Z].{5,}[^.]$/);
    const tags = (document.tags as { name: string; description: string }[]).map(({ name }) => name);
    expect(operation.tags).toHaveLength(1);
    expect(tags).toEqual(expect.arrayContaining(operation.tags ?? []));
  });

  test('names the scope of each operation', () => {
    const name = route.replaceAll(/\{(\w+)\}/g, ':$1');
    const [scope, more] = [ROUTE_SCOPES[name], INCLUDE_SCOPES[name]];
    if (more !== undefined) expect([operation.security, operation['x-scope']]).toEqual([[{}, { apiKey: [] }], more]);
    else if (scope === 'public') expect([operation.security, operation['x-scope']]).toEqual([[], undefined]);
    else expect([operation.security, operation['x-scope']]).toEqual([[{ apiKey: [] }], scope]);
    expect(Object.keys(operation.responses).includes('401')).toBe(scope !== 'public' || more !== undefined);
  });

  test('says what each of its answers is, with the id of the request', () => {
    for (const [status, { description, headers, content }] of answers) {
      expect(description).toMatch(/\S.{3,}/);
      expect(headers).toMatchObject({ 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } });
      expect([status, content === undefined]).toEqual([status, status === '204']);
    }
    expect(answers.some(([status]) => status.startsWith('2'))).toBe(true);
  });

  test('names every problem that any route may have, and none with another status', () => {
    const codes = answers.flatMap(([status, { content }]) => {
      const [, narrowed] = (content?.['application/problem+json'] as Narrowed | undefined)?.schema.allOf ?? [];
      const named = narrowed?.properties.code.enum ?? [];
      expect(named.map((code) => String(PROBLEMS[code].status))).toEqual(named.map(() => status));
      return named;
    });
    expect(codes).toEqual(expect.arrayContaining(EVERYWHERE));
    if (route.includes('{')) expect(codes).toContain('not-found');
    if (operation.requestBody?.content['application/json'] !== undefined) expect(codes).toContain('malformed-json');
  });

  test('shows for each of its problems an answer of that very code', () => {
    for (const [status, { content }] of answers) {
      const problem = content?.['application/problem+json'] as Narrowed | undefined;
      if (problem === undefined) continue;
      const codes = problem.schema.allOf[1]?.properties.code.enum ?? [];
      expect(Object.keys(problem.examples)).toEqual(codes);
      for (const code of codes) {
        const { value } = resolve(problem.examples[code]?.$ref ?? '') as { value: unknown };
        expect(value).toMatchObject({ code, status: Number(status) });
        expect(faultsOf(problem.schema, value)).toEqual([]);
      }
    }
  });

  test('describes each part of its path', () => {
    const parts = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const described = operation.parameters.filter((one) => one.in === 'path');
    expect(described.map(({ name }) => name)).toEqual(parts);
    expect(described.every(({ required }) => required === true)).toBe(true);
  });
});

describe('the schemas and examples', () => {
  const schemas = Object.entries(document.components.schemas as Record<string, Record<string, unknown>>);

  test.each(schemas)('%s is a schema of draft 2020-12', (_name, schema) => {
    expect(() => ajv.compile(absolute(schema) as object)).not.toThrow();
  });

  test('have an example for every body that is sent', () => {
    const bodies = operations.flatMap(({ route, operation }) => {
      const schema = (operation.requestBody?.content['application/json'] as { schema: { $ref: string } } | undefined)
        ?.schema;
      return schema === undefined ? [] : [[route, Object.hasOwn(resolve(schema.$ref) as object, 'example')]];
    });
    expect(bodies.length).toBeGreaterThan(6);
    expect(bodies.filter(([, has]) => has === false)).toEqual([]);
  });

  test('agree: every example is as its schema says', () => {
    const shown = nodes.filter(({ node, at }) => Object.hasOwn(node, 'example') && !at.endsWith('/properties'));
    expect(shown.length).toBeGreaterThan(30);
    const faults = shown.flatMap(({ node, at }) => {
      const { example, ...rest } = node;
      const schema = (node['schema'] as object | undefined) ?? rest;
      const found = faultsOf(schema, example);
      return JSON.stringify(found) === '[]' ? [] : [{ at, found }];
    });
    expect(faults).toEqual([]);
  });

  test('refuse unknown fields in bodies, and say so', () => {
    for (const { operation } of operations) {
      const body = operation.requestBody?.content['application/json'] as { schema: { $ref: string } } | undefined;
      if (body === undefined) continue;
      const schema = resolve(body.schema.$ref) as { oneOf?: object[] };
      for (const one of schema.oneOf ?? [schema]) expect(one).toMatchObject({ additionalProperties: false });
    }
    expect(document.info.description).toContain('**Unknown fields.**');
  });
});

interface Narrowed {
  schema: { allOf: { properties: { code: { enum: (keyof typeof PROBLEMS)[] } } }[] };
  examples: Record<string, { $ref: string }>;
}

function* everyNode(value: unknown, at: string): Generator<{ node: Record<string, unknown>; at: string }> {
  if (Array.isArray(value)) {
    for (const [i, one] of value.entries()) yield* everyNode(one, `${at}/${i}`);
  } else if (typeof value === 'object' && value !== null) {
    yield { node: value as Record<string, unknown>, at };
    for (const [key, one] of Object.entries(value)) {
      if (key !== 'example') yield* everyNode(one, `${at}/${key}`);
    }
  }
}

function resolve(reference: string): unknown {
  const steps = reference.slice(2).split('/');
  return steps.reduce<unknown>((node, step) => (node as Record<string, unknown> | undefined)?.[step], document);
}

/** With its references from the root of the document. */
function absolute(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#', '"$ref":"api#'));
}
