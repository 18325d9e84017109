import { builtinModules } from 'node:module';
import { posix } from 'node:path';

export interface Import {
  /** As it is written, or `<computed>` where the code makes it up. */
  target: string;
  /** Gone after compilation: `import type` and `export type` only. `import { type A }` still loads its module. */
  typeOnly: boolean;
}

/** What the files of one part of src may import. Its own files it always may. */
export interface Part {
  /** Ends in a slash: a folder and all below it. Else one file. The longest that fits a file decides. */
  from: string;
  /** Files and folders of src, for more than their types. */
  ours: readonly string[];
  /** Files and folders of src of which only types are needed. */
  types: readonly string[];
  packages: readonly string[];
  /** `all`, or the builtins of Node by name. */
  node: 'all' | readonly string[];
  /** May import what only the running program can name. */
  computed?: true;
}

// A statement's keyword, what stands before the first quote, and the quoted text.
const STATEMENT = /^[ \t]*(import|export)\b([^'"`;()=]*)['"]([^'"\n]+)['"]/gm;
const CALL = /(?<![\w.$])(?:import|require)\s*\(\s*(?:(['"`])([^'"`\n$]*)\1\s*[,)])?/g;

/** Every import and re-export of a source text, however it is written. */
export function importsOf(source: string): Import[] {
  const statements = [...source.matchAll(STATEMENT)]
    .map(([, keyword = '', clause = '', target = '']) => ({ keyword, clause: clause.trim(), target }))
    .filter(({ keyword, clause }) => /(?:^|[\s}*])from$/.test(clause) || (keyword === 'import' && clause === ''))
    .map(({ clause, target }) => ({ target, typeOnly: /^type\b(?!\s*from$)/.test(clause) }));
  const calls = [...withoutComments(source).matchAll(CALL)].map(([, , target]) => ({
    target: target ?? '<computed>',
    typeOnly: false,
  }));
  return [...statements, ...calls];
}

/** Comment lines only: enough here, and it cannot mistake a URL in a string for a comment. */
function withoutComments(source: string): string {
  return source.replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '');
}

/**
 * Names each import that the table does not allow, with the file that has it.
 * @param file path from src, such as `api/app.ts`
 */
export function violations(file: string, source: string, table: readonly Part[]): string[] {
  const part = table.filter(({ from }) => covers(from, file)).sort((a, b) => b.from.length - a.from.length)[0];
  if (part === undefined) return [`${file}: no part of the table says what it may import`];
  return importsOf(source)
    .filter((one) => !isAllowed(part, file, one))
    .map(({ target, typeOnly }) => `${file}: ${typeOnly ? 'import type' : 'import'} ${target}`);
}

function isAllowed(part: Part, file: string, { target, typeOnly }: Import): boolean {
  if (target === '<computed>') return part.computed === true;
  if (target.startsWith('.')) {
    const path = posix.join(posix.dirname(file), target).replace(/\.js$/, '.ts');
    const allowed = [part.from, ...part.ours, ...(typeOnly ? part.types : [])];
    return allowed.some((place) => covers(place, path));
  }
  const builtin = target.startsWith('node:') || builtinModules.includes(target);
  if (builtin) return part.node === 'all' || part.node.includes(target);
  return part.packages.includes(packageOf(target));
}

function covers(place: string, path: string): boolean {
  return place.endsWith('/') ? path.startsWith(place) : path === place;
}

/** `kysely/helpers/postgres` is of the package `kysely`. */
function packageOf(target: string): string {
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
}
