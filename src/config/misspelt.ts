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

/** How many letters must be added, left out, changed or swapped with their neighbour to make `a` into `b`. */
function editDistance(a: string, b: string): number {
  let [before, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swaps = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swaps ? (before[j - 2] ?? 0) + 1 : Infinity;
      row.push(Math.min(change, swap, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    [before, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
