export interface TextLine {
  /** From 1. */
  number: number;
  /** Without its line break; the beginning only, of a line that is too long. */
  text: string;
  isTooLong: boolean;
  /** How many bytes of the source were read when it came. */
  bytes: number;
}

/**
 * The lines of UTF-8 text, ended by LF or CRLF, with or without a byte order mark. Never holds more than a chunk and
 * one line of bounded length; bytes that are not UTF-8 become U+FFFD.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, maxLength: number): AsyncGenerator<TextLine> {
  const decoder = new TextDecoder();
  let rest = '';
  let number = 0;
  let bytes = 0;
  let isTooLong = false;

  const lineOf = (text: string): TextLine => {
    number += 1;
    const line = text.endsWith('\r') ? text.slice(0, -1) : text;
    return { number, text: line.slice(0, maxLength), isTooLong: isTooLong || line.length > maxLength, bytes };
  };

  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    const [first = '', ...others] = decoder.decode(chunk, { stream: true }).split('\n');
    rest += first;
    for (const next of others) {
      yield lineOf(rest);
      isTooLong = false;
      rest = next;
    }
    if (rest.length > maxLength + 1) {
      isTooLong = true;
      rest = rest.slice(0, maxLength);
    }
  }
  rest += decoder.decode();
  if (rest !== '') yield lineOf(rest);
}
