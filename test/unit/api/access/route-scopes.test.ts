import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { createApp } from '../../../../src/api/app.js';
import { ROUTE_SCOPES } from '../../../../src/api/access/route-scopes.js';
import { openApp } from '../guarded.js';

const PUBLIC = [
  'GET /',
  'GET /console',
  'GET /console/*',
  'GET /docs',
  'GET /docs/*',
  'GET /docs/errors',
  'GET /favicon.ico',
  'GET /openapi.json',
  'GET /v1/products',
  'GET /v1/products/:sku',
  'POST /console',
  'POST /console/*',
];

/** Every route that the app answers to, as the router has it. */
function routesOf({ routes }: ReturnType<typeof createApp>): string[] {
  return [...new Set(routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`))];
}

describe('the table of scopes', () => {
  const routes = routesOf(openApp());

  test('has a row for every route', () => {
    expect(routes.length).toBeGreaterThan(12);
    expect(routes.filter((route) => !Object.hasOwn(ROUTE_SCOPES, route))).toEqual([]);
  });

  test('needs a key for everything except the catalog, the documents, gateway events, and the console with its sign-in', () => {
    const open = Object.keys(ROUTE_SCOPES).filter((route) => ROUTE_SCOPES[route] === 'public');
    expect(open.sort()).toEqual([...PUBLIC, 'POST /webhooks/payments/:gateway'].sort());
  });
});

test('keys are compared in constant time', () => {
  const source = readFileSync(new URL('../../../../src/api/access/key-verifier.ts', import.meta.url), 'utf8');
  expect(source).toMatch(/timingSafeEqual\(key\.hash, hashOf\(given\)\)/);
  expect(source).not.toMatch(/hash(?:\w*\(\w+\))? *===/);
});
