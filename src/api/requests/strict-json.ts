import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { pointer, Problem } from './problems.js';
import { tooLarge } from './body-limit.js';
import { decoded, isGzip, isJsonType, JSON_TYPE, jsonText, wrongMediaType } from './json-body.js';

/** Accepts only well-formed UTF-8 JSON of bounded size, plain or as gzip, without duplicate members. */
export function strictJson(maxBytes: number) {
  return createMiddleware(async (c, next) => {
    if (!isJsonType(c.req.header('content-type'))) throw wrongMediaType(c.req.method);
    const encoding = c.req.header('content-encoding');
    isGzip(encoding);
    const bytes = await c.req.arrayBuffer();
    if (bytes.byteLength > maxBytes) throw tooLarge(maxBytes);
    putText(c, jsonText(await decoded(bytes, encoding, maxBytes)));
    await next();
  });
}

/** The same, but a missing body counts as an empty object. */
export function strictJsonIfAny(maxBytes: number) {
  const strict = strictJson(maxBytes);
  return createMiddleware(async (c, next) => {
    const bytes = await c.req.arrayBuffer();
    if (bytes.byteLength > 0) return strict(c, next);
    putText(c, '{}');
    await next();
  });
}

/**
 * The validator after this reads the text, and knows fewer forms of the header. Hono caches promises there, although
 * its types say otherwise.
 */
function putText(c: Context, text: string): void {
  if (c.req.header('content-type') !== JSON_TYPE) c.req.raw.headers.set('Content-Type', JSON_TYPE);
  Object.assign(c.req.bodyCache, { text: Promise.resolve(text) });
}

/** Accepts no body or an empty object: fields that would be ignored are refused instead. */
export function noMembers(maxBytes: number) {
  const strict = strictJson(maxBytes);
  return createMiddleware(async (c, next) => {
    const bytes = await c.req.arrayBuffer();
    if (bytes.byteLength === 0) return next();
    return strict(c, async () => {
      const body: unknown = await c.req.json();
      const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
      const unknown = isObject ? Object.keys(body).map((name) => pointer([name])) : [''];
      if (unknown.length === 0) return next();
      const detail = isObject ? 'this field is not known; remove it' : 'must be an empty object, or no body';
      const errors = unknown.map((at) => ({ pointer: at, detail }));
      throw new Problem('validation-error', 'This request takes no fields.', { errors });
    });
  });
}
