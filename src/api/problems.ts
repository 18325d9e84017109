import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** Every problem the API answers with. The code is stable; the text may change. */
export const PROBLEMS = {
  'malformed-json': { status: 400, title: 'The body is not JSON' },
  'idempotency-key-missing': { status: 400, title: 'An idempotency key is required' },
  'idempotency-key-invalid': { status: 400, title: 'The Idempotency-Key is not usable' },
  'invalid-signature': { status: 400, title: 'The signature does not hold' },
  unauthorized: { status: 401, title: 'An API key is required' },
  'insufficient-scope': { status: 403, title: 'The API key lacks a scope' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'method-not-allowed': { status: 405, title: 'This method is not allowed here' },
  'order-conflict': { status: 409, title: 'This order_id was used for another checkout' },
  'price-changed': { status: 409, title: 'The total is not what the catalogue says' },
  'idempotency-conflict': { status: 409, title: 'This Idempotency-Key was used for another request' },
  'not-cancellable': { status: 409, title: 'The order cannot be cancelled as it stands' },
  'not-refundable': { status: 409, title: 'The order has no payment to refund' },
  'not-fulfillable': { status: 409, title: 'The order cannot be fulfilled as it stands' },
  'not-in-review': { status: 409, title: 'The order is not waiting for a review' },
  'review-conflict': { status: 409, title: 'The review was decided the other way' },
  'not-redrivable': { status: 409, title: 'This dead letter cannot be redriven' },
  'not-open': { status: 409, title: 'This dead letter is not open' },
  'no-evidence-wanted': { status: 409, title: 'This dead letter is not about an unknown charge or refund' },
  unsettled: { status: 409, title: 'Money or stock is still unsettled' },
  'stock-below-reserved': { status: 409, title: 'More is reserved than would be left' },
  'product-exists': { status: 409, title: 'There is a product of this SKU' },
  'product-reserved': { status: 409, title: 'Open orders hold stock of this product' },
  'precondition-failed': { status: 412, title: 'It was changed by somebody else' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'uri-too-long': { status: 414, title: 'The URL is too long' },
  'unsupported-media-type': { status: 415, title: 'The body must be application/json' },
  'validation-error': { status: 422, title: 'The request has invalid fields' },
  'refund-exceeds-captured': { status: 422, title: 'The refund is more than what is left of the payment' },
  'rate-limited': { status: 429, title: 'Too many checkouts for now' },
  'headers-too-large': { status: 431, title: 'There are too many headers' },
  'internal-error': { status: 500, title: 'Something went wrong on our side' },
  'too-many-streams': { status: 503, title: 'Too many streams are open' },
  'order-interrupted': { status: 503, title: 'The order is being recovered' },
  overloaded: { status: 503, title: 'There is too much to do just now' },
  unavailable: { status: 503, title: 'A part of the service is away' },
} as const satisfies Record<string, { status: ContentfulStatusCode; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

export interface FieldError {
  /** Where in the body (RFC 6901), or the name of a header or parameter. */
  pointer: string;
  detail: string;
}

export interface ProblemExtra {
  errors?: FieldError[];
  [extension: string]: unknown;
}

/** A JSON pointer (RFC 6901). */
export function pointer(path: string[]): string {
  return path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** An answer that is a problem, as a value that handlers throw from anywhere below them. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly extra: ProblemExtra;
  readonly headers: Record<string, string>;

  constructor(code: ProblemCode, detail: string, extra: ProblemExtra = {}, headers: Record<string, string> = {}) {
    super(detail);
    this.name = 'Problem';
    this.code = code;
    this.extra = extra;
    this.headers = headers;
  }
}

/** The one place where a problem becomes a response (RFC 9457). */
export function problemResponse(c: Context, { code, message, extra, headers }: Problem): Response {
  const { status, title } = PROBLEMS[code];
  const body = {
    type: `/docs/errors#${code}`,
    title,
    status,
    detail: message,
    instance: c.req.path,
    code,
    request_id: c.get('requestId'),
    ...extra,
  };
  return c.body(JSON.stringify(body), status, { ...headers, 'Content-Type': 'application/problem+json' });
}
