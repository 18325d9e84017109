import { posix } from 'node:path';

/**
 * The links of a Markdown text that point to nothing.
 * @param path where the text is, from the root of the repository
 * @param exists whether a path from the root is a file or a folder
 */
export function brokenLinks(path: string, markdown: string, exists: (path: string) => boolean): string[] {
  return linksOf(markdown)
    .filter((target) => !target.startsWith('#'))
    .map((target) => ({ target, place: placeOf(path, target) }))
    .filter(({ place }) => place.startsWith('..') || !exists(place))
    .map(({ target }) => target);
}

/** The links of a Markdown text to headings that do not exist, on its own page or on another one. */
export function brokenAnchors(
  path: string,
  markdown: string,
  { exists, read }: { exists: (path: string) => boolean; read: (path: string) => string },
): string[] {
  return linksOf(markdown).filter((target) => {
    const [page = '', anchor] = target.split('#');
    if (anchor === undefined) return false;
    const place = page === '' ? path : placeOf(path, page);
    return place.endsWith('.md') && exists(place) && !anchorsOf(read(place)).includes(anchor);
  });
}

/** The anchors of the headings of a Markdown text, as GitHub makes them. */
export function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Where a link leads, from the root of the repository. */
function placeOf(path: string, target: string): string {
  const file = decodeURIComponent(target.replace(/[#?].*$/, ''));
  return (file.startsWith('/') ? file.slice(1) : posix.join(posix.dirname(path), file)).replace(/\/$/, '');
}

/** The links to places in the repository. */
function linksOf(markdown: string): string[] {
  const text = markdown.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '').replaceAll(/`[^`\n]*`/g, '');
  const inline = [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+["'][^)]*)?\)/g)];
  const definitions = [...text.matchAll(/^\s{0,3}\[[^\]]+\]:\s*<?([^\s>]+)/gm)];
  const attributes = [...text.matchAll(/\s(?:src|href)="([^"]+)"/g)];
  return [...inline, ...definitions, ...attributes]
    .map(([, target = '']) => target)
    .filter((target) => !/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(target));
}

const TOP = 'src|test|bench|deploy|docs|scripts';

/**
 * The folders and files that a text names in code, and that are not there: paths from the root, and names that end in
 * a slash, which may be anywhere in the tree.
 * @param folders every folder of the repository, from the root
 */
export function missingPlaces(
  markdown: string,
  { folders, exists }: { folders: readonly string[]; exists: (path: string) => boolean },
): string[] {
  const code = [...markdown.matchAll(/^(```|~~~)([\s\S]*?)^\1|`([^`\n]+)`/gm)].map(([, , block, span]) =>
    (block ?? span ?? '').replaceAll(/<[^<>\n]*>/g, ' '),
  );
  const words = code.flatMap((text) => text.split(/[\s"'()<>,;:[\]{}|]+/)).map((word) => word.replace(/[*…].*$/, ''));
  const rooted = words.filter((word) => new RegExp(`^(?:${TOP})/`).test(word));
  const loose = words.filter((word) => /^[\w-][\w.-]+(?:\/[\w.-]+)*\/$/.test(word) && !rooted.includes(word));
  const isFolder = (word: string) => folders.some((folder) => `/${folder}/`.endsWith(`/${word}`));
  const missing = [
    ...rooted.filter((word) => !exists(word.replace(/[./]+$/, ''))),
    ...loose.filter((word) => !['dist/', 'node_modules/', 'coverage/'].includes(word) && !isFolder(word)),
  ];
  return [...new Set(missing)];
}
