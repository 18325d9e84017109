import { editDistance } from '../domain/edit-distance.js';

/** A variable of the environment that nothing reads, though it looks as if it were meant for us. */
export interface Stray {
  name: string;
  /** The variable that was probably meant. */
  meant: string | undefined;
}

const OURS = 'HOLDFAST_';

/** The variables that look like ours and are not: another case, a slip in the name, or our own prefix. */
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

/** Short names are too near to those of other programs; names that begin with the same word are more likely meant. */
function tolerance(name: string, candidate: string): number {
  if (candidate.length < 6) return 0;
  if (candidate.length < 9) return 1;
  const [word] = candidate.split('_');
  return name.startsWith(`${word}_`) && candidate.length > 12 ? 3 : 2;
}
