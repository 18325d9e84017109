/** One message of PostgreSQL's protocol: its type (empty for a client's first), and all of its bytes. */
export interface WireMessage {
  type: string;
  bytes: Buffer;
}

const UNTYPED = '';

/** Cuts a stream of bytes into messages; a client's first message has no type. */
export function createMessageReader(hasFirst: boolean) {
  let rest = Buffer.alloc(0);
  let isFirst = hasFirst;
  return {
    read(chunk: Buffer): WireMessage[] {
      rest = Buffer.concat([rest, chunk]);
      const messages: WireMessage[] = [];
      for (;;) {
        const head = isFirst ? 0 : 1;
        if (rest.length < head + 4) return messages;
        const size = head + rest.readInt32BE(head);
        if (rest.length < size) return messages;
        messages.push({
          type: isFirst ? UNTYPED : String.fromCharCode(rest[0] ?? 0),
          bytes: rest.subarray(0, size),
        });
        rest = rest.subarray(size);
        isFirst = false;
      }
    },
    /** The next message is a first one again, as after the question for TLS. */
    expectFirst: () => void (isFirst = true),
  };
}

export function message(type: string, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

export const zeroEnded = (text: string) => Buffer.from(`${text}\0`);

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** The strings that follow one another from `start`, up to an empty one or the end, and where the last of them ends. */
export function stringsFrom(bytes: Buffer, start: number, most = Number.POSITIVE_INFINITY) {
  const texts: string[] = [];
  let at = start;
  while (texts.length < most && at < bytes.length) {
    const end = bytes.indexOf(0, at);
    const text = bytes.toString('utf8', at, end);
    at = end + 1;
    if (text === '' && most === Number.POSITIVE_INFINITY) break;
    texts.push(text);
  }
  return { texts, end: at };
}

export const refusal = (text: string) =>
  message('E', zeroEnded('SFATAL'), zeroEnded('VFATAL'), zeroEnded('C08P01'), zeroEnded(`M${text}`), Buffer.alloc(1));
