import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { Refusal } from './provider.js';
import { isKey } from './requests.js';
import type { Checked } from './requests.js';

type ProblemArguments = [status: ProblemStatus, code: string, message: string, field?: string];
type ProblemStatus = 400 | 404 | 409 | 413 | 415 | 422 | 500 | 503 | 504;

/** An answer that says what is wrong. */
export function problem(c: Context, ...[status, code, message, field]: ProblemArguments): Response {
  return c.json({ code, message, ...(field === undefined ? {} : { field }) }, status);
}

export function refused(c: Context, { status, code, message, field }: Refusal): Response {
  return problem(c, status, code, message, field);
}

/** The idempotency key of the request. Throws an error response if there is none. */
export function keyOf(c: Context): string {
  const key = c.req.header('idempotency-key');
  if (isKey(key)) return key;
  throw rejected(c, 400, 'idempotency_key_missing', 'Idempotency-Key: 1 to 255 printable ASCII characters');
}

/** The validated body of the request. Throws an error response if it is invalid. */
export async function bodyOf<T>(c: Context, check: (body: unknown) => Checked<T>): Promise<T> {
  if (!/^application\/json\b/i.test(c.req.header('content-type') ?? '')) {
    throw rejected(c, 415, 'unsupported_media_type', 'the body must be application/json');
  }
  const body: unknown = await c.req.json().catch(() => {
    throw rejected(c, 400, 'invalid_json', 'the body is not JSON');
  });
  const checked = check(body);
  if (checked.ok) return checked.value;
  throw rejected(c, 422, 'invalid_request', checked.message, checked.field);
}

function rejected(c: Context, ...[status, ...why]: ProblemArguments): HTTPException {
  return new HTTPException(status, { res: problem(c, status, ...why) });
}
