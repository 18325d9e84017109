import { MIMEType, promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { tooLarge } from './body-limit.js';
import { pointer, Problem, type FieldError } from './problems.js';
import { repeatedMember } from './repeated-member.js';

export const JSON_TYPE = 'application/json';
const MAX_DEPTH = 20;
const MAX_VALUES = 10_000;
const CODINGS = 'gzip, identity';

const inflate = promisify(gunzip);

/**
 * Whether a body is declared as JSON in UTF-8. Parameters have no meaning for JSON (RFC 8259, 11), but a different
 * charset would mean that the bytes are something else.
 */
export function isJsonType(header: string | undefined): boolean {
  if (header === JSON_TYPE) return true;
  try {
    const { essence, params } = new MIMEType(header ?? '');
    return essence === JSON_TYPE && /^utf-?8$/i.test(params.get('charset') ?? 'utf-8');
  } catch {
    return false;
  }
}

/**
 * The decoded bytes of a body. Never produces more than `maxBytes`.
 * @throws Problem
 */
export async function decoded(bytes: ArrayBuffer, encoding: string | undefined, maxBytes: number): Promise<Uint8Array> {
  const body = new Uint8Array(bytes);
  if (!isGzip(encoding)) return body;
  try {
    return await inflate(body, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw new Problem('malformed-json', 'The body could not be read: it is not the gzip that Content-Encoding says.');
  }
}

/** @throws Problem for a coding other than gzip or none */
export function isGzip(encoding: string | undefined): boolean {
  if (encoding === undefined) return false;
  const codings = encoding
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== 'identity' && coding !== '');
  if (codings.length === 0) return false;
  if (codings.length === 1 && /^(?:x-)?gzip$/.test(codings[0] ?? '')) return true;
  const detail = 'Send the body as it is, or with Content-Encoding: gzip.';
  throw new Problem('unsupported-content-encoding', detail, {}, { 'Accept-Encoding': CODINGS });
}

/**
 * The text of a body of bounded complexity that is JSON in UTF-8, with or without a byte order mark.
 * @throws Problem
 */
export function jsonText(bytes: Uint8Array): string {
  const { text, value } = parsed(bytes);
  const found = oddMembers(value);
  if (found.length > 0) throw new Problem('validation-error', 'Some fields are not allowed.', { errors: found });
  const twice = repeatedMember(text);
  if (twice !== undefined) {
    const errors = [{ pointer: twice, detail: 'appears more than once; send it once' }];
    throw new Problem('validation-error', 'A field appears more than once.', { errors });
  }
  return text;
}

function parsed(bytes: Uint8Array): { text: string; value: unknown } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { text, value: JSON.parse(text) };
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it ends early or has a syntax error' : 'it is not valid UTF-8';
    throw new Problem('malformed-json', `The body could not be read: ${why}.`);
  }
}

/**
 * Finds every `__proto__`, which validators drop silently. Without recursion, since nesting may be deep.
 * @throws Problem if the nesting is deeper, or the values are more, than any request needs
 */
function oddMembers(root: unknown): FieldError[] {
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
  return found;
}

function tooComplex(detail: string): Problem {
  return new Problem('validation-error', 'The body is too complex.', { errors: [{ pointer: '', detail }] });
}

export function wrongMediaType(method: string): Problem {
  const name = method === 'PATCH' ? 'Accept-Patch' : 'Accept-Post';
  const detail = `Send the header Content-Type: ${JSON_TYPE}, and the body in UTF-8.`;
  return new Problem('unsupported-media-type', detail, {}, { [name]: JSON_TYPE });
}
