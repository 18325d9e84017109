/** The rules that a file keeps by itself, each as a function from its path and text to what is wrong with it. */

const VAGUE = /^(utils?|helpers?|commons?|managers?|services?|misc)$/;

/** Names that say nothing: a file is called after what it holds. */
export function vagueWords(path: string): string[] {
  return path.split(/[/.\-_]/).filter((word) => VAGUE.test(word.toLowerCase()));
}

/** Where a file reads the environment. `passThrough`: handing all of it to a child is not reading. */
export function environmentReads(source: string, { passThrough = false } = {}): string[] {
  const lines = source.split('\n').filter((line) => !/^\s*(?:\/\/|\/?\*)/.test(line));
  const reads =
    /\bprocess\s*(?:\?\.|\.|\[\s*['"])\s*env\b|\benv\b[^=\n]*\}\s*=\s*(?:globalThis\.)?process\b|from\s*['"](?:node:)?process['"]/;
  const wholeOnly = /\bprocess\.env\b(?!\s*(?:\?\.|\.|\[))/g;
  return lines
    .map((line) => (passThrough && !/\}\s*=\s*process\.env/.test(line) ? line.replaceAll(wholeOnly, '') : line).trim())
    .filter((line) => reads.test(line));
}

// What changes by itself from one call to the next, and what only one machine has.
const IMPURE =
  /\b(?:Date\.now|new Date\(\s*\)|Math\.random|performance\.|setTimeout|setInterval|setImmediate|process\.|crypto\.|fetch\(|console\.|globalThis)/;

/** Where pure code asks for the clock, for chance or for the machine. */
export function impurities(source: string): string[] {
  return source
    .split('\n')
    .filter((line) => !/^\s*(?:\/\/|\/?\*)/.test(line) && IMPURE.test(line))
    .map((line) => line.trim());
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  return middle.reduce((sum, number) => sum + number, 0) / middle.length;
}
