export interface Requirement {
  chapter: string;
  number: string;
  level: string;
  gist: string;
  verdict: string;
  reason: string;
}

export interface Assessment {
  /** The rows of all chapters, as they stand. */
  requirements: Requirement[];
  /** The rows of the summary: the chapter, then how many are met, not applicable and open. */
  summary: Map<string, number[]>;
  /** The numbers of which the last section says what to do. */
  advised: string[];
}

/** Reads the tables of docs/security.md. */
export function readAssessment(markdown: string): Assessment {
  const sections = markdown.split(/^## /m).map((text) => ({ title: text.split('\n')[0] ?? '', rows: rowsOf(text) }));
  const requirements = sections.flatMap(({ title, rows }) => {
    const chapter = /^(V\d+) /.exec(title)?.[1];
    if (chapter === undefined) return [];
    return rows.map(([number = '', level = '', gist = '', verdict = '', reason = '']) => {
      return { chapter, number, level, gist, verdict: verdict.replaceAll('**', ''), reason };
    });
  });
  const rowsUnder = (title: string) => sections.find((section) => section.title === title)?.rows ?? [];
  return {
    requirements,
    summary: new Map(
      rowsUnder('Summary').map(([name = '', ...counts]) => [/^\[(V\d+) /.exec(name)?.[1] ?? name, counts.map(Number)]),
    ),
    advised: rowsUnder('Open, and what to do meanwhile').flatMap(([numbers = '']) => numbers.split(', ')),
  };
}

/** The cells of the rows of all tables in a text, without heads. */
function rowsOf(text: string): string[][] {
  const lines = text.split('\n');
  const isRule = (line = '') => /^\|(?:\s*:?-+:?\s*\|)+$/.test(line);
  return lines
    .filter((line, i) => line.startsWith('|') && !isRule(line) && !isRule(lines[i + 1]))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
}

/** The numbers of a requirement, for comparing. */
export function placeOf({ number }: Requirement): number {
  const [chapter = 0, section = 0, one = 0] = number.split('.').map(Number);
  return chapter * 10_000 + section * 100 + one;
}
