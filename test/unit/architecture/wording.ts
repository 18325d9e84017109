/**
 * Phrases that say in a private or translated way what has a plain name, each with what to write instead. `docs/glossary.md`
 * has the words; this list holds only what a pattern can find.
 */
const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/\bunless told\b/i, 'default: …'],
  [/\balso (?:when|after|if|where)\b/i, 'even if, even after, including'],
  [/(?:^|[.!:;] )Who (?![^.]*\?)/, 'begin with the subject: "A client that …"'],
  [/\bfor ever\b/i, 'indefinitely, forever'],
  [/\bin vain\b/i, 'without success'],
  [/\bat last\b/i, 'eventually'],
  [/\banew\b/i, 'again'],
  [/\bmend(?:s|ed|ing)?\b/i, 'fixed'],
  [/\b(?:is|are|was|were|be|been) away\b|\b(?:slow or|or) away\b/i, 'is unavailable, is down'],
  [/\bspar(?:es?|ed|ing)\b/i, 'skipped; the breaker is open'],
  [/\bturn(?:s|ed|ing)? away\b/i, 'refuse, reject'],
  [/\b(?:how|as) it stands\b|\bhow it stands with\b/i, 'the current state'],
  [/\bfor so long\b/i, 'that long'],
  [/\b(?:somebody|anybody|nobody)\b(?!"|$)/i, 'someone, anyone, no one; better: name the subject'],
  [/\bwhoever\b/i, 'no matter who; the reader'],
  [/\bhowever (?:often|late|old|long|many|much|far|soon)\b/i, 'no matter how'],
  [/\bwhat became of\b/i, 'the outcome of'],
  [/\btold of\b/i, 'notified of, knows'],
  [/\btrail\b/i, 'timeline'],
  [/\ball the same\b/i, 'anyway'],
  [/\bput right\b/i, 'fixed'],
  [/\bsees to it\b/i, 'ensures'],
  [/\bhas its turn\b/i, 'is next, comes again'],
  [/\bbelongs? into\b/i, 'belongs in'],
  [/\bby a hair\b/i, 'narrowly'],
  [/\bhangs on it\b/i, 'depends on it'],
  [/\bThere is nothing here\b|\btoo much to do\b/i, 'Not found; overloaded'],
  [
    /\b(?:transactions?|statements?|lines?|quer(?:y|ies)|rows?|ids?|objects?|workflows?|trips?|orders|events) an? (?:step|SKU|line|customer|page|look|object|round|process|request|product|endpoint|order)\b/i,
    'per',
  ],
  [
    /(?<!\/)\b(?:behaviour|recognis|serialis|neighbour|catalogue|judgement|favour|organis|initialis|normalis|licence|learnt|whilst|amongst|fulfilment)/i,
    'US spelling',
  ],
];

/** What a line of prose should say otherwise. */
export function oddPhrases(prose: string): string[] {
  return PHRASES.flatMap(([pattern, instead]) => {
    const [found] = pattern.exec(prose) ?? [];
    return found === undefined ? [] : [`"${found.trim()}" → ${instead}`];
  });
}

/** The prose of a Markdown text, line by line, without code, links' targets and diagrams. */
export function proseOfMarkdown(markdown: string): string[] {
  return markdown
    .replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '')
    .replaceAll(/`[^`\n]*`/g, '``')
    .replaceAll(/\]\([^)]*\)/g, ']')
    .replaceAll(/<code>[^<>\n]*<\/code>/g, '')
    .replaceAll(/<[^<>\n]*>/g, '')
    .split('\n');
}

/** The comments of a source text, and its strings that are sentences: those with a space in them. */
export function proseOfSource(source: string): string[] {
  return source.split('\n').flatMap((line) => {
    const comment = /^\s*(?:\/\/|\/?\*+)\s?(.*)$/.exec(line)?.[1] ?? / \/\/ (.*)$/.exec(line)?.[1];
    const strings = [...line.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`([^`]*)`/g)]
      .map(([, single, double, template]) => single ?? double ?? template ?? '')
      .filter((text) => text.includes(' '));
    return comment === undefined ? strings : [comment];
  });
}
