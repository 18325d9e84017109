import type { z } from '@hono/zod-openapi';
import { pointer, Problem, type FieldError } from './problems.js';

type Checked = { target: string } & ({ success: true } | { success: false; error: z.ZodError });

/** A JSON body, for the definition of a route. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { 'application/json': { schema } } } as const;
}

/** What the validator does with a request that breaks its schema: a problem that names each field and its fault. */
export function refuseInvalid(result: Checked): undefined {
  if (result.success) return undefined;
  const errors = result.error.issues.flatMap((issue) => fieldErrors(issue));
  if (result.target === 'param') throw new Problem('not-found', 'There is nothing under this id.');
  throw new Problem('validation-error', 'Some fields are missing or invalid; see errors.', { errors });
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
