/** Text as one line of a log or a terminal may hold it: what controls either is written as an escape (`\u001b`). */
export function printable(text: string): string {
  // JSON.stringify leaves U+007F to U+009F and the separators of lines as they are.
  return text.replaceAll(
    /[\p{Cc}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
