import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** Every problem the API answers with. The code is stable; the text may change. */
export const PROBLEMS = {
  'malformed-request': { status: 400, title: 'The request is not well-formed HTTP' },
  'malformed-url': { status: 400, title: 'The URL is not well-formed' },
  'malformed-json': { status: 400, title: 'The body is not JSON' },
  'idempotency-key-missing': { status: 400, title: 'An idempotency key is required' },
  'idempotency-key-invalid': { status: 400, title: 'The Idempotency-Key is not usable' },
  'invalid-signature': { status: 400, title: 'The signature does not hold' },
  'invalid-event': { status: 400, title: 'The signed message cannot be understood' },
  unauthorized: { status: 401, title: 'An API key is required' },
  'insufficient-scope': { status: 403, title: 'The API key lacks a scope' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'method-not-allowed': { status: 405, title: 'This method is not allowed here' },
  'request-timeout': { status: 408, title: 'The request took too long to arrive' },
  'order-conflict': { status: 409, title: 'This order_id was used for another checkout' },
  'price-changed': { status: 409, title: 'The total is not what the catalogue says' },
  'idempotency-conflict': { status: 409, title: 'This Idempotency-Key was used for another request' },
  'not-cancellable': { status: 409, title: 'The order cannot be cancelled as it stands' },
  'not-refundable': { status: 409, title: 'The order has no payment to refund' },
  'not-fulfillable': { status: 409, title: 'The order cannot be fulfilled as it stands' },
  'goods-returned': { status: 409, title: 'The goods of the order are back, or on their way back' },
  'not-in-review': { status: 409, title: 'The order is not waiting for a review' },
  'review-conflict': { status: 409, title: 'The review was decided the other way' },
  'not-redrivable': { status: 409, title: 'This dead letter cannot be redriven' },
  'not-open': { status: 409, title: 'This dead letter is not open' },
  'no-evidence-wanted': { status: 409, title: 'This dead letter is not about an unknown charge or refund' },
  'evidence-conflict': { status: 409, title: 'Somebody has said the opposite' },
  unsettled: { status: 409, title: 'Money or stock is still unsettled' },
  'stock-below-reserved': { status: 409, title: 'More is reserved than would be left' },
  'product-exists': { status: 409, title: 'There is a product of this SKU' },
  'product-reserved': { status: 409, title: 'Open orders hold stock of this product' },
  'endpoint-exists': { status: 409, title: 'There is an endpoint with this URL' },
  'too-many-endpoints': { status: 409, title: 'There are too many webhook endpoints' },
  'secret-rotating': { status: 409, title: 'The last rotation of the secret is not over' },
  'endpoint-disabled': { status: 409, title: 'The webhook endpoint is disabled or deleted' },
  'recovery-running': { status: 409, title: 'The endpoint is being recovered already' },
  'precondition-failed': { status: 412, title: 'It was changed by somebody else' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'uri-too-long': { status: 414, title: 'The URL is too long' },
  'unsupported-media-type': { status: 415, title: 'The body must be application/json' },
  'unsupported-content-encoding': { status: 415, title: 'The body may only be compressed with gzip' },
  'expectation-failed': { status: 417, title: 'The expectation cannot be met' },
  'validation-error': { status: 422, title: 'The request has invalid fields' },
  'refund-exceeds-captured': { status: 422, title: 'The refund is more than what is left of the payment' },
  'restock-needs-full-refund': { status: 422, title: 'Goods come back only with all of the money' },
  'rate-limited': { status: 429, title: 'Too many checkouts for now' },
  'headers-too-large': { status: 431, title: 'The headers are too large or too many' },
  'internal-error': { status: 500, title: 'Something went wrong on our side' },
  'method-not-implemented': { status: 501, title: 'This method is not known here' },
  'too-many-streams': { status: 503, title: 'Too many streams are open' },
  'order-interrupted': { status: 503, title: 'The order is being recovered' },
  overloaded: { status: 503, title: 'There is too much to do just now' },
  unavailable: { status: 503, title: 'A part of the service is away' },
  'http-version-not-supported': { status: 505, title: 'Only HTTP/1.0 and HTTP/1.1 are spoken here' },
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

export const PROBLEM_TYPE = 'application/problem+json';

/** Where a problem arose. */
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

/** The answer of a route, or of none. */
export function problemResponse(c: Context, problem: Problem): Response {
  // As it was sent: the decoded path need not be a URI reference.
  const instance = new URL(c.req.url).pathname;
  const body = problemBody(problem, { instance, requestId: c.get('requestId') });
  const headers = { ...problem.headers, 'Content-Type': PROBLEM_TYPE };
  return c.body(JSON.stringify(body), PROBLEMS[problem.code].status, headers);
}
