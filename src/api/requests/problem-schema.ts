import { z } from '@hono/zod-openapi';
import { emptyAnswer, RATE_HEADERS, type AnswerHeader } from './answers.js';
import { PROBLEMS, type ProblemCode } from './problems.js';

const CODES = Object.keys(PROBLEMS) as ProblemCode[];

const fieldError = z
  .object({
    pointer: z.string().openapi({ description: 'A JSON pointer (RFC 6901), or the name of a header or parameter.' }),
    detail: z.string(),
  })
  .openapi('FieldError', { example: { pointer: '/items/0/quantity', detail: 'must be at least 1' } });

/** The additional members of some codes. */
const extensions = {
  errors: z.array(fieldError).openapi({
    description:
      'validation-error, not-changeable, restock-needs-full-refund, goods-returned: each field and its fault.',
  }),
  order: z
    .string()
    .openapi({ description: 'order-conflict, idempotency-conflict: the order that has this id or key.' }),
  cancel: z.string().openapi({ description: 'not-changeable: where the order can be cancelled.' }),
  order_status: z.string().openapi({ description: 'The status that does not allow the request.' }),
  total_minor: z.int().openapi({ description: 'price-changed: what the items cost now.' }),
  max_refundable_minor: z
    .int()
    .openapi({ description: 'refund-exceeds-captured, restock-needs-full-refund: what can be refunded.' }),
  refund_id: z.string().openapi({ description: 'goods-returned: the refund that brings the goods back.' }),
  decision: z.string().openapi({ description: 'review-conflict: what was decided.' }),
  on_hand: z.int().openapi({ description: 'stock-below-reserved: what is on hand.' }),
  reserved: z.int().openapi({ description: 'stock-below-reserved, product-reserved: what open orders hold.' }),
  product: z.string().openapi({ description: 'product-exists: the product of this SKU.' }),
  version: z.int().openapi({ description: 'precondition-failed: the version now.' }),
  kind: z.string().openapi({ description: 'no-evidence-wanted: what the dead letter is about.' }),
  outcome: z.string().openapi({ description: 'evidence-conflict: the evidence that was given first.' }),
  state: z.string().openapi({ description: 'not-open, not-redrivable: the state it is in.' }),
  dependency: z.string().openapi({ description: 'unavailable: which dependency, `database`, `temporal` or `worker`.' }),
  required_scope: z.string().openapi({ description: 'insufficient-scope: what the API key lacks.' }),
};

export const problemSchema = z
  .object({
    type: z.string().openapi({ format: 'uri-reference' }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    instance: z
      .string()
      .optional()
      .openapi({ description: 'The path of the request. Absent if the request could not be read.' }),
    code: z.enum(CODES).openapi({ description: 'Stable; make decisions by this member.' }),
    request_id: z.string(),
    ...z.object(extensions).partial().shape,
  })
  .openapi('Problem', {
    description: 'A problem (RFC 9457). There may be more members than these.',
    example: {
      type: '/docs/errors#not-found',
      title: 'Not found',
      status: 404,
      detail: 'There is no order order-1001.',
      instance: '/v1/orders/order-1001',
      code: 'not-found',
      request_id: '4f4b8d0e-2c0f-4a36-9d7c-2b1f4c1f0a11',
    },
  });

/** The problems that every route may answer with. */
const FROM_ANY = [
  'malformed-request',
  'malformed-url',
  'unauthorized',
  'insufficient-scope',
  'uri-too-long',
  'headers-too-large',
  'validation-error',
  'internal-error',
  'overloaded',
  'unavailable',
] as const;

/** The problems that a route with a JSON body may answer with. */
export const FROM_JSON = [
  'malformed-json',
  'body-too-large',
  'unsupported-media-type',
  'unsupported-content-encoding',
  'validation-error',
] as const satisfies ProblemCode[];

const HEADERS_OF: Partial<Record<ProblemCode, AnswerHeader[]>> = {
  unauthorized: ['WWW-Authenticate'],
  'insufficient-scope': ['WWW-Authenticate'],
  'precondition-failed': ['ETag'],
  'unsupported-media-type': ['Accept-Post', 'Accept-Patch'],
  'unsupported-content-encoding': ['Accept-Encoding'],
  'rate-limited': ['Retry-After'],
  overloaded: ['Retry-After'],
  unavailable: ['Retry-After'],
  'too-many-streams': ['Retry-After'],
  'order-interrupted': ['Retry-After'],
};

type StatusOf<Code extends ProblemCode> = (typeof PROBLEMS)[Code]['status'];

type ProblemAnswers<Codes extends ProblemCode> = {
  [Status in StatusOf<Codes>]: {
    description: string;
    content: { 'application/problem+json': { schema: typeof problemSchema } };
  };
};

/** The problems that a route may answer with, by status, for its definition; those of every route are added. */
export function problems<const Codes extends readonly ProblemCode[]>(...codes: Codes) {
  const all = [...new Set<ProblemCode>([...codes, ...FROM_ANY])];
  const rates: readonly AnswerHeader[] = codes.includes('rate-limited') ? RATE_HEADERS : [];
  const statuses = [...new Set(all.map((code) => PROBLEMS[code].status))].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      problemAnswer(
        status,
        all.filter((code) => PROBLEMS[code].status === status),
        rates,
      ),
    ]),
  ) as unknown as ProblemAnswers<Codes[number] | (typeof FROM_ANY)[number]>;
}

/**
 * The document narrows the shape to these codes; clients use one shape for all. Types are repeated, and the status is
 * an enum: generators cannot merge a bare `const` with the type beside it and drop the response.
 */
function problemAnswer(status: number, codes: readonly ProblemCode[], rates: readonly AnswerHeader[]) {
  const description = codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join('\n\n');
  const narrowed = {
    type: 'object',
    properties: { status: { type: 'integer', enum: [status] }, code: { type: 'string', enum: codes } },
  };
  const schema = { allOf: [{ $ref: '#/components/schemas/Problem' }, narrowed] };
  const headers = [...new Set([...codes.flatMap((code) => HEADERS_OF[code] ?? []), ...rates])];
  const examples = Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]));
  return { ...emptyAnswer(description, ...headers), content: { 'application/problem+json': { schema, examples } } };
}
