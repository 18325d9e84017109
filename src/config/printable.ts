/** Text that is safe in one line of a log or terminal: control characters are escaped (`\u001b`). */
export function printable(text: string): string {
  // JSON.stringify does not escape U+007F to U+009F and the line separators.
  return text.replaceAll(
    /[\p{Cc}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
