import { createMiddleware } from 'hono/factory';
import { pointer, Problem } from './problems.js';

const JSON_TYPE = /^\s*application\/json(?:\s*;\s*charset="?utf-8"?)?\s*$/i;

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
    const errors = prototypeKeys(parse(bytes)).map((at) => ({
      pointer: at,
      detail: 'this field is not known; remove it',
    }));
    if (errors.length > 0) throw new Problem('validation-error', 'Some fields are not allowed.', { errors });
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

/** Pointers to every `__proto__`: validators drop that key in silence. Without recursion, as nesting may be deep. */
function prototypeKeys(root: unknown): string[] {
  const found: string[] = [];
  const open = [{ value: root, at: '' }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next.value !== 'object' || next.value === null) continue;
    for (const [key, value] of Object.entries(next.value)) {
      const at = `${next.at}${pointer([key])}`;
      if (key === '__proto__') found.push(at);
      else open.push({ value, at });
    }
  }
  return found;
}

export function wrongMediaType(): Problem {
  return new Problem('unsupported-media-type', 'Send the header Content-Type: application/json (UTF-8).');
}

export function tooLarge(maxBytes: number): Problem {
  return new Problem('body-too-large', `The body may have ${maxBytes} bytes at most.`);
}
