import { editDistance } from '../domain/edit-distance.js';

/** A variable of the environment that nothing reads, although it looks like one of ours. */
export interface Stray {
  name: string;
  /** The variable that was probably meant. */
  meant: string | undefined;
}

const OURS = 'HOLDFAST_';

/** Variables that look like ours but are not: a different case, a typo, or our prefix. */
export function straysAmong(given: readonly string[], known: readonly string[]): Stray[] {
  return given
    .filter((name) => !known.includes(name))
    .map((name) => ({ name, meant: nearest(name.toUpperCase(), known) }))
    .filter(({ name, meant }) => meant !== undefined || name.startsWith(OURS));
}

export function strayText({ name, meant }: Stray): string {
  return `${name} is not read${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

function nearest(name: string, known: readonly string[]): string | undefined {
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .filter(({ candidate, distance }) => distance <= tolerance(name, candidate))
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.candidate;
}

/** Short names are too similar to those of other programs; a name with the same first word is the likelier match. */
function tolerance(name: string, candidate: string): number {
  if (candidate.length < 6) return 0;
  if (candidate.length < 9) return 1;
  const [word] = candidate.split('_');
  return name.startsWith(`${word}_`) && candidate.length > 12 ? 3 : 2;
}
