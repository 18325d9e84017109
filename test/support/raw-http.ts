import { connect } from 'node:net';

export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  text: string;
}

/** What a server sent, and whether it closed the connection by itself. */
export interface RawExchange {
  answers: RawAnswer[];
  closed: boolean;
}

const ANSWER = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n([^]*?)\r\n\r\n/;

/** Sends bytes as they are to a port of this machine, and listens until the server closes or is silent for a while. */
export function exchange(port: number, pieces: string | readonly string[], silenceMs = 500): Promise<RawExchange> {
  return new Promise((resolve, reject) => {
    const received: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => {
      for (const piece of [pieces].flat()) socket.write(Buffer.from(piece, 'latin1'));
    });
    socket.setTimeout(silenceMs, () => end(false));
    socket.on('data', (chunk) => received.push(chunk));
    socket.on('end', () => end(true));
    socket.on('error', reject);

    function end(closed: boolean): void {
      socket.destroy();
      resolve({ answers: answersIn(Buffer.concat(received).toString('latin1')), closed });
    }
  });
}

/** Throws for bytes that are no chain of answers with a Content-Length. */
function answersIn(bytes: string): RawAnswer[] {
  if (bytes === '') return [];
  const [head, status, lines] = ANSWER.exec(bytes) ?? [];
  if (head === undefined || lines === undefined) throw new Error(`this is no HTTP answer: ${JSON.stringify(bytes)}`);
  const headers = Object.fromEntries(
    lines.split('\r\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const length = Number(headers['content-length'] ?? 0);
  const rest = bytes.slice(head.length);
  if (rest.length < length) throw new Error(`an answer ends early: ${JSON.stringify(bytes)}`);
  return [{ status: Number(status), headers, text: rest.slice(0, length) }, ...answersIn(rest.slice(length))];
}
