// Shared parts of requests and answers: bodies, fields, pages, problems (RFC 9457).
// Never a resource.

import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** Every problem of the API. The code is stable; the text may change. */
export const PROBLEMS = {
  'malformed-request': { status: 400, title: 'Malformed HTTP request' },
  'malformed-url': { status: 400, title: 'Malformed URL' },
  'malformed-json': { status: 400, title: 'Malformed JSON' },
  'idempotency-key-missing': { status: 400, title: 'An idempotency key is required' },
  'idempotency-key-invalid': { status: 400, title: 'Invalid Idempotency-Key' },
  'invalid-signature': { status: 400, title: 'Invalid signature' },
  'invalid-event': { status: 400, title: 'Invalid gateway event' },
  unauthorized: { status: 401, title: 'A valid API key is required' },
  'insufficient-scope': { status: 403, title: 'The API key lacks a scope' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'request-timeout': { status: 408, title: 'The request took too long to arrive' },
  'order-conflict': { status: 409, title: 'An order with this order_id already exists with different contents' },
  'price-changed': { status: 409, title: 'The total differs from the catalog' },
  'idempotency-conflict': { status: 409, title: 'This Idempotency-Key was used for a different request' },
  'not-cancellable': { status: 409, title: 'The order cannot be cancelled in its current status' },
  'not-refundable': { status: 409, title: 'The order has no payment to refund' },
  'not-fulfillable': { status: 409, title: 'The order cannot be fulfilled in its current status' },
  'not-changeable': { status: 409, title: 'This cannot be changed in an order, or no longer' },
  'exceeds-unshipped': { status: 409, title: 'There is not so much left to ship' },
  'goods-returned': { status: 409, title: 'The goods of the order have been returned, or are about to be' },
  'not-in-review': { status: 409, title: 'The order is not waiting for a review' },
  'review-conflict': { status: 409, title: 'The review was decided the other way' },
  'not-redrivable': { status: 409, title: 'The dead letter cannot be redriven' },
  'not-open': { status: 409, title: 'The dead letter is not open' },
  'no-evidence-wanted': { status: 409, title: 'The dead letter does not accept evidence' },
  'evidence-conflict': { status: 409, title: 'The opposite evidence was given before' },
  unsettled: { status: 409, title: 'Money or stock is still unsettled' },
  'stock-below-reserved': { status: 409, title: 'The stock would fall below what is reserved' },
  'product-exists': { status: 409, title: 'A product with this SKU already exists' },
  'product-reserved': { status: 409, title: 'Open orders hold stock of this product' },
  'endpoint-exists': { status: 409, title: 'An endpoint with this URL already exists' },
  'too-many-endpoints': { status: 409, title: 'Too many webhook endpoints' },
  'secret-rotating': { status: 409, title: 'The previous rotation of the secret is not over' },
  'endpoint-disabled': { status: 409, title: 'The webhook endpoint is disabled or deleted' },
  'recovery-running': { status: 409, title: 'The endpoint is already being recovered' },
  'precondition-failed': { status: 412, title: 'The resource has changed' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'uri-too-long': { status: 414, title: 'The URL is too long' },
  'unsupported-media-type': { status: 415, title: 'The body must be application/json' },
  'unsupported-content-encoding': { status: 415, title: 'The only supported content encoding is gzip' },
  'expectation-failed': { status: 417, title: 'The expectation cannot be met' },
  'validation-error': { status: 422, title: 'The request has invalid fields' },
  'refund-exceeds-captured': { status: 422, title: 'The refund exceeds what is left of the payment' },
  'restock-needs-full-refund': { status: 422, title: 'A restock requires a full refund' },
  'rate-limited': { status: 429, title: 'Too many checkouts' },
  'headers-too-large': { status: 431, title: 'The headers are too large or too many' },
  'internal-error': { status: 500, title: 'Internal server error' },
  'method-not-implemented': { status: 501, title: 'Method not implemented' },
  'too-many-streams': { status: 503, title: 'Too many open streams' },
  'order-interrupted': { status: 503, title: 'The order is being recovered' },
  overloaded: { status: 503, title: 'The service is overloaded' },
  unavailable: { status: 503, title: 'A dependency is unavailable' },
  'http-version-not-supported': { status: 505, title: 'HTTP version not supported' },
} as const satisfies Record<string, { status: ContentfulStatusCode; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

export interface FieldError {
  /** The location in the body (RFC 6901), or the name of a header or parameter. */
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

/** A problem that is thrown from anywhere below a handler and becomes the answer. */
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

export const PROBLEM_TYPE = 'application/problem+json';

/** Where a problem occurred. */
export interface ProblemPlace {
  /** The path of the request; unknown when the request could not be read. */
  instance?: string;
  requestId: string;
}

/** The members of a problem as they are sent (RFC 9457). `type` is a page of this server: see docs/errors.md. */
export function problemBody({ code, message, extra }: Problem, { instance, requestId }: ProblemPlace) {
  const { status, title } = PROBLEMS[code];
  return {
    type: `/docs/errors#${code}`,
    title,
    status,
    detail: message,
    ...(instance === undefined ? {} : { instance }),
    code,
    request_id: requestId,
    ...extra,
  };
}

/** The answer of a route, or for a request without one. */
export function problemResponse(c: Context, problem: Problem): Response {
  // As it was sent: the decoded path may not be a URI reference.
  const instance = new URL(c.req.url).pathname;
  const body = problemBody(problem, { instance, requestId: c.get('requestId') });
  const headers = { ...problem.headers, 'Content-Type': PROBLEM_TYPE };
  return c.body(JSON.stringify(body), PROBLEMS[problem.code].status, headers);
}
