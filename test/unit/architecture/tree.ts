import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Neither source nor documentation: made by programs, or by hand for one machine. */
const IGNORED = new Set(['node_modules', 'dist', 'coverage', '.git', '.holdfast']);

/** Every file below a folder of the repository, as paths from the root with slashes. */
export function filesBelow(folder: string): string[] {
  return readdirSync(`${root}${folder}`, { withFileTypes: true }).flatMap((entry) => {
    if (IGNORED.has(entry.name)) return [];
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

export function readText(path: string): string {
  return readFileSync(`${root}${path}`, 'utf8');
}

/** The lines of a text; the line break that ends a file begins no line. */
export function lineCount(text: string): number {
  return text.replace(/\n$/, '').split('\n').length;
}
