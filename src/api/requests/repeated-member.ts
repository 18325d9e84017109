import { pointer } from './problems.js';

const TOKENS = /"((?:[^"\\]|\\.)*)"(\s*:)?|[[\]{},]/g;

interface Open {
  /** The names so far; undefined in an array. */
  names: Set<string> | undefined;
  /** The member or element that is being read. */
  at: string | number;
}

/**
 * The first member that appears twice in an object, as a JSON pointer: parsers do not agree on which of the two counts
 * (RFC 8259, 4). The text must be JSON.
 */
export function repeatedMember(text: string): string | undefined {
  const open: Open[] = [];
  for (const [token, name, colon] of text.matchAll(TOKENS)) {
    const inner = open.at(-1);
    if (token === '{') open.push({ names: new Set(), at: '' });
    else if (token === '[') open.push({ names: undefined, at: 0 });
    else if (token === '}' || token === ']') open.pop();
    else if (inner === undefined) continue;
    else if (token === ',') inner.at = typeof inner.at === 'number' ? inner.at + 1 : inner.at;
    else if (colon !== undefined && name !== undefined && inner.names !== undefined) {
      inner.at = name.includes('\\') ? unescaped(name) : name;
      if (inner.names.has(inner.at)) return pointer(open.map(({ at }) => String(at)));
      inner.names.add(inner.at);
    }
  }
  return undefined;
}

function unescaped(name: string): string {
  return String(JSON.parse(`"${name}"`));
}
