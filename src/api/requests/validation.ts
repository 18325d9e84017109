import { z } from '@hono/zod-openapi';
import { pointer, Problem, type FieldError } from './problems.js';

type Checked = { target: string } & ({ success: true } | { success: false; error: z.ZodError });

// The texts of all schema errors are written here: zod's own text for a missing field is about types.
z.config({ customError: (issue) => (isMissing(issue) ? 'is required' : undefined) });

/** A JSON body, for the definition of a route. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { 'application/json': { schema } } } as const;
}

/** A body that may be omitted, since all of its members may be. */
export function optionalJsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { ...jsonBody(schema), required: false } as const;
}

/** Answers a request that violates its schema with a problem that names each field and its fault. */
export function refuseInvalid(result: Checked): undefined {
  if (result.success) return undefined;
  const errors = faultsOf(result.error);
  if (result.target === 'param') throw new Problem('not-found', 'There is nothing under this id.');
  throw new Problem('validation-error', 'Some fields are missing or invalid; see errors.', { errors });
}

/** Each fault that a schema found, with its location. */
export function faultsOf({ issues }: z.ZodError): FieldError[] {
  return issues.flatMap((issue) => fieldErrors(issue));
}

function fieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: pointer([...path, key]),
      detail: 'this field is not known; remove it',
    }));
  }
  return [{ pointer: pointer(path), detail: issue.message }];
}

function isMissing({ code, input, discriminator }: z.core.$ZodRawIssue): boolean {
  if (code === 'invalid_type' || code === 'invalid_value') return input === undefined;
  // For a union that is discriminated by a member, zod passes the whole object.
  return code === 'invalid_union' && typeof discriminator === 'string' && Object(input)[discriminator] === undefined;
}
