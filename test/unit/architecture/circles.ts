import { posix } from 'node:path';
import { importsOf } from './imports.js';

export type Arrow = readonly [from: string, to: string];

/** The imports between files of src, types included, from what each file's source says. */
export function arrowsOf(sources: ReadonlyMap<string, string>): Arrow[] {
  return [...sources].flatMap(([file, source]) =>
    importsOf(source)
      .map(({ target }) => posix.join(posix.dirname(file), target).replace(/\.js$/, '.ts'))
      .filter((target) => sources.has(target))
      .map((target): Arrow => [file, target]),
  );
}

/**
 * The arrows of circles, among files and among the rooms of one folder: its subfolders, and the files that lie beside
 * them. A room that another one of its folder imports must not import it in turn, no matter how long the way.
 */
export function circlesAmong(arrows: readonly Arrow[]): string[] {
  const folders = new Set(arrows.flat().flatMap(foldersOf));
  const levels = [...folders].map((folder) => {
    const inside = arrows.filter((arrow) => arrow.every((file) => file.startsWith(folder)));
    return { inside, roomOf: (file: string) => folder + file.slice(folder.length).replace(/\/.*/, '/') };
  });
  const found = levels.flatMap(({ inside, roomOf }) => {
    const reach = reachOf(inside.map(([from, to]) => [roomOf(from), roomOf(to)] as const));
    return inside
      .filter(([from, to]) => roomOf(from) !== roomOf(to) && reach.get(roomOf(to))?.has(roomOf(from)))
      .map(([from, to]) => `${from} → ${to}`);
  });
  return [...new Set(found)];
}

/** `''` for all of src, then each folder on the way to a file. */
function foldersOf(file: string): string[] {
  const parts = file.split('/').slice(0, -1);
  return ['', ...parts.map((_, index) => `${parts.slice(0, index + 1).join('/')}/`)];
}

/** All that each room reaches, by one arrow or many. */
function reachOf(arrows: readonly Arrow[]): Map<string, Set<string>> {
  const next = new Map<string, Arrow[]>();
  for (const arrow of arrows) next.set(arrow[0], [...(next.get(arrow[0]) ?? []), arrow]);
  const reach = new Map<string, Set<string>>();
  for (const start of next.keys()) {
    const seen = new Set<string>();
    const open = [start];
    for (let room = open.pop(); room !== undefined; room = open.pop()) {
      for (const [, to] of next.get(room) ?? []) {
        if (seen.has(to)) continue;
        seen.add(to);
        open.push(to);
      }
    }
    reach.set(start, seen);
  }
  return reach;
}
