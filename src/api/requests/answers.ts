import type { z } from '@hono/zod-openapi';

const seconds = { type: 'integer', minimum: 0 } as const;

/** Every header that an answer may have, for the API's document. `required`: always present where it is documented. */
export const ANSWER_HEADERS = {
  'X-Request-Id': {
    description: 'The id of this request in log lines and problems: the one that was sent, or a new one.',
    required: true,
    schema: { type: 'string', example: '4f4b8d0e-2c0f-4a36-9d7c-2b1f4c1f0a11' },
  },
  Location: {
    description: 'The path of the resource.',
    required: true,
    schema: { type: 'string', format: 'uri-reference', example: '/v1/orders/order-1001' },
  },
  'Idempotency-Replayed': {
    description: 'The same request was accepted before: nothing was done again.',
    required: true,
    schema: { type: 'string', const: 'true' },
  },
  'Preference-Applied': {
    description: 'The wait that was granted (RFC 7240).',
    required: false,
    schema: { type: 'string', pattern: '^wait=[0-9]+$', example: 'wait=20' },
  },
  ETag: {
    description: 'The entity tag of this version, for If-Match.',
    required: true,
    schema: { type: 'string', pattern: '^"[0-9]+"$', example: '"3"' },
  },
  'Retry-After': { description: 'Seconds until a retry makes sense.', required: true, schema: seconds },
  'Accept-Post': {
    description: 'The Content-Type that a POST needs (Linked Data Platform, 7.1), if it had a different one.',
    required: false,
    schema: { type: 'string', const: 'application/json' },
  },
  'Accept-Patch': {
    description: 'The Content-Type that a PATCH needs (RFC 5789), if it had a different one.',
    required: false,
    schema: { type: 'string', const: 'application/json' },
  },
  'Accept-Encoding': {
    description: 'The supported values of Content-Encoding (RFC 9110, 12.5.3), if it was something else.',
    required: false,
    schema: { type: 'string', const: 'gzip, identity' },
  },
  'WWW-Authenticate': {
    description: 'The authentication that a request needs (RFC 6750).',
    required: true,
    schema: { type: 'string', example: 'Bearer realm="holdfast", error="invalid_token"' },
  },
  'RateLimit-Limit': { description: 'Checkouts in one window.', required: false, schema: seconds },
  'RateLimit-Remaining': { description: 'Checkouts left in this window.', required: false, schema: seconds },
  'RateLimit-Reset': { description: 'Seconds until the next window.', required: false, schema: seconds },
} as const;

export type AnswerHeader = keyof typeof ANSWER_HEADERS;

/** The headers of the checkout counters. */
export const RATE_HEADERS = ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'] as const;

/** An answer with a JSON body, for the definition of a route. Every answer also has X-Request-Id. */
export function answer<Schema extends z.ZodType>(description: string, schema: Schema, ...headers: AnswerHeader[]) {
  return { ...emptyAnswer(description, ...headers), content: { 'application/json': { schema } } };
}

/** An answer without a body, for the definition of a route. */
export function emptyAnswer(description: string, ...headers: AnswerHeader[]) {
  return { description, headers: referencesTo(['X-Request-Id', ...headers]) };
}

function referencesTo(names: readonly AnswerHeader[]) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}
