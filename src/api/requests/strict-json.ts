import { createMiddleware } from 'hono/factory';
import { pointer, Problem, type FieldError } from './problems.js';

const JSON_TYPE = /^\s*application\/json(?:\s*;\s*charset="?utf-8"?)?\s*$/i;
const MAX_DEPTH = 20;
const MAX_VALUES = 10_000;

/** Lets only well-formed UTF-8 JSON of bounded size through. The validator behind it reads the same bytes again. */
export function strictJson(maxBytes: number) {
  return createMiddleware(async (c, next) => {
    if (!JSON_TYPE.test(c.req.header('content-type') ?? '')) {
      throw wrongMediaType();
    }
    if (c.req.header('content-encoding') !== undefined) {
      throw new Problem('unsupported-media-type', 'Send the body uncompressed, without Content-Encoding.');
    }
    const bytes = await c.req.arrayBuffer();
    if (bytes.byteLength > maxBytes) throw tooLarge(maxBytes);
    refuseOdd(parse(bytes));
    await next();
  });
}

function parse(bytes: ArrayBuffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it ends early or has a syntax error' : 'it is not valid UTF-8';
    throw new Problem('malformed-json', `The body could not be read: ${why}.`);
  }
}

/**
 * Refuses every `__proto__`, which validators drop in silence, and what is nested deeper or has more values than any
 * request needs. Without recursion, as nesting may be deep.
 */
function refuseOdd(root: unknown): void {
  const found: FieldError[] = [];
  const open = [{ value: root, at: '', depth: 1 }];
  let values = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next.value !== 'object' || next.value === null) continue;
    if (next.depth > MAX_DEPTH) throw tooComplex(`must not be nested deeper than ${MAX_DEPTH} levels`);
    for (const [key, value] of Object.entries(next.value)) {
      values += 1;
      if (values > MAX_VALUES) throw tooComplex(`must not have more than ${MAX_VALUES} values`);
      const at = `${next.at}${pointer([key])}`;
      if (key === '__proto__') found.push({ pointer: at, detail: 'this field is not known; remove it' });
      else open.push({ value, at, depth: next.depth + 1 });
    }
  }
  if (found.length > 0) throw new Problem('validation-error', 'Some fields are not allowed.', { errors: found });
}

function tooComplex(detail: string): Problem {
  return new Problem('validation-error', 'The body is too complex.', { errors: [{ pointer: '', detail }] });
}

export function wrongMediaType(): Problem {
  return new Problem('unsupported-media-type', 'Send the header Content-Type: application/json (UTF-8).');
}

export function tooLarge(maxBytes: number): Problem {
  return new Problem('body-too-large', `The body may have ${maxBytes} bytes at most.`);
}
