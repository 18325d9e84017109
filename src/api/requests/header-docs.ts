const KEY = {
  in: 'header',
  name: 'Idempotency-Key',
  example: 'b3f1c1de-6a0f-4a55-9d3e-0d2f6f1a7c10',
} as const;

/** The request headers that handlers read, for the API's document. The handlers validate them. */
export const REQUEST_HEADERS = {
  IdempotencyKey: {
    ...KEY,
    description:
      'Required if the body has no order_id; the same key is the same order. With an order_id, the key belongs to that ' +
      'order: with a different one it is refused. 1 to 255 visible ASCII characters; quoted or bare, it is the same key.',
    required: false,
    schema: { type: 'string' },
  },
  RequiredIdempotencyKey: {
    ...KEY,
    description: 'The same key with the same body takes effect once, no matter how often it is sent.',
    required: true,
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[ -~]+$' },
  },
  Prefer: {
    in: 'header',
    name: 'Prefer',
    description:
      '`wait=N` (RFC 7240): answer when the order is settled, after N seconds at the latest, even for a replay. 30 at most.',
    required: false,
    schema: { type: 'string' },
    example: 'wait=20',
  },
  IfMatch: {
    in: 'header',
    name: 'If-Match',
    description: 'The ETag of the version to change: 412 if it has changed since.',
    required: false,
    schema: { type: 'string' },
    example: '"3"',
  },
  Actor: {
    in: 'header',
    name: 'X-Actor',
    description:
      'The person who acts, such as an operator: 1 to 100 characters of UTF-8 without control characters. It is stored with the ' +
      'API key and the request id in what this request causes, as `actor`. Personal: it is not logged.',
    required: false,
    schema: { type: 'string', minLength: 1, maxLength: 100 },
    example: 'Dana Scully',
  },
  RequestId: {
    in: 'header',
    name: 'X-Request-Id',
    description:
      'Your own id for this request: 1 to 255 letters, digits, "_", "-" and "=". Any other text is replaced.',
    required: false,
    schema: { type: 'string' },
    example: 'shop-7f3a',
  },
} as const;

/** Headers of a request, for `parameters` in the definition of a route. Every request may have X-Request-Id as well. */
export function takes(...names: (keyof typeof REQUEST_HEADERS)[]) {
  return names.map((name) => ({ $ref: `#/components/parameters/${name}` }));
}
