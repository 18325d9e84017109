import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { EVENT_SCHEMAS } from '../../../../src/api/webhooks/event-schema.js';
import { PUBLIC_EVENT_TYPES, TEST_EVENT } from '../../../../src/domain/public-event.js';
import { apiDocument } from '../../../support/documented.js';

interface Message {
  post: { requestBody: { content: { 'application/json': { schema: { $ref: string } } } } };
}

// As clients get it. Redocly, Spectral and a generator of Python clients run in scripts/check-document.mjs.
const plain = () => JSON.parse(JSON.stringify(apiDocument()));

const VALIDATE = `
import { text } from 'node:stream/consumers';
import SwaggerParser from '@apidevtools/swagger-parser';
await SwaggerParser.validate(JSON.parse(await text(process.stdin)));
console.log('valid');
`;

describe('tools that read the document', () => {
  // In a process of its own: jest cannot load the package.
  test('swagger-parser finds it valid', async () => {
    const running = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', VALIDATE]);
    running.child.stdin?.end(JSON.stringify(plain()));
    expect((await running).stdout.trim()).toBe('valid');
  });

  test('no schema narrows a type by const beside allOf: generators drop such answers', () => {
    const narrowed = [...nodesOf(plain())].filter(({ allOf }) => Array.isArray(allOf));
    expect(narrowed.length).toBeGreaterThan(100);
    for (const { allOf } of narrowed) {
      expect(JSON.stringify(allOf)).not.toContain('"const"');
      expect(allOf).toEqual([expect.anything(), expect.objectContaining({ type: 'object' })]);
    }
  });

  test('every operation says in a sentence what it does', () => {
    const operations = Object.values<Record<string, { description?: string }>>(plain().paths).flatMap(Object.values);
    expect(operations.length).toBeGreaterThan(30);
    for (const { description } of operations) expect(description).toMatch(/^[A-Z][^]{15,}\.$/);
  });
});

describe('the webhooks of the document', () => {
  const { webhooks, components } = plain() as {
    webhooks: Record<string, Message>;
    components: { schemas: Record<string, object> };
  };

  test('are all events that an endpoint can receive', () => {
    expect(Object.keys(webhooks).sort()).toEqual([...PUBLIC_EVENT_TYPES, TEST_EVENT].sort());
  });

  test.each(EVENT_SCHEMAS)('$name accepts its types and no others', ({ name, types }) => {
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    const isValid = ajv.compile({ type: 'object', properties: { type: propertyOf(components.schemas[name]) } });
    for (const [type, { post }] of Object.entries(webhooks)) {
      const isIts = types.includes(type);
      expect(isValid({ type })).toBe(isIts);
      const { $ref } = post.requestBody.content['application/json'].schema;
      expect($ref === `#/components/schemas/${name}`).toBe(isIts);
    }
  });
});

function propertyOf(schema: object | undefined): object {
  return (schema as { properties: { type: object } }).properties.type;
}

function* nodesOf(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return;
  yield value as Record<string, unknown>;
  for (const part of Object.values(value)) yield* nodesOf(part);
}
