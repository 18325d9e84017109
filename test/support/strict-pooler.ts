import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { nameOf, openPooledServers, type PooledServer } from './pooled-servers.js';
import {
  createMessageReader,
  int32,
  message,
  refusal,
  stringsFrom,
  zeroEnded,
  type WireMessage,
} from './wire-messages.js';

export interface Pooler {
  /** The same database, through the pooler. */
  url: string;
  close(): Promise<void>;
}

export interface StrictPoolerOptions {
  /** Whether it follows prepared statements, as PgBouncer does with `max_prepared_statements`. */
  followsStatements?: boolean;
  servers?: number;
}

interface Statement {
  text: string;
}

// Those that PgBouncer takes without `ignore_startup_parameters`.
const TAKEN = ['user', 'database', 'application_name', 'client_encoding', 'datestyle', 'timezone'];
const CANCEL = 80_877_102;
const SSL = 80_877_103;

/**
 * A pooler in transaction mode, as strict as one may be: each transaction gets the server connection that has rested
 * longest, unknown startup parameters are refused, and what a server says between transactions reaches no one.
 */
export async function startStrictPooler(
  databaseUrl: string,
  { followsStatements = false, servers = 4 }: StrictPoolerOptions = {},
): Promise<Pooler> {
  const pool = await openPooledServers(databaseUrl, servers);
  const clients = new Set<Socket>();
  const listener = createServer((socket) => {
    clients.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => clients.delete(socket));
    serveClient(socket);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;

  return {
    url: Object.assign(new URL(databaseUrl), { host: `127.0.0.1:${port}` }).href,
    async close() {
      for (const socket of clients) socket.destroy();
      listener.close();
      await once(listener, 'close');
      await pool.close();
    },
  };

  function serveClient(socket: Socket): void {
    const reader = createMessageReader(true);
    const statements = new Map<string, string>();
    const waiting: (Buffer | Statement)[] = [];
    let server: PooledServer | undefined;
    let isAsking = false;
    /** How many answers are owed that end with the server being ready. */
    let owed = 0;

    socket.on('data', (chunk: Buffer) => {
      for (const said of reader.read(chunk)) {
        if (said.type === '') greet(said.bytes);
        else if (said.type === 'X') socket.end();
        else hear(said);
      }
    });
    socket.on('close', () => server?.abandon());

    function greet(bytes: Buffer): void {
      const code = bytes.readInt32BE(4);
      if (code === CANCEL) return void socket.end();
      if (code === SSL) {
        reader.expectFirst();
        return void socket.write('N');
      }
      const { texts } = stringsFrom(bytes, 8);
      const unknown = texts.find((name, place) => place % 2 === 0 && !TAKEN.includes(name.toLowerCase()));
      if (unknown !== undefined) return void socket.end(refusal(`unsupported startup parameter: ${unknown}`));
      socket.write(message('R', int32(0)));
      for (const [name, value] of pool.parameters) socket.write(message('S', zeroEnded(name), zeroEnded(value)));
      socket.write(message('K', int32(randomInt(2 ** 31)), int32(randomInt(2 ** 31))));
      socket.write(message('Z', Buffer.from('I')));
    }

    function hear(said: WireMessage): void {
      if (said.type === 'S' || said.type === 'Q') owed += 1;
      waiting.push(...(followsStatements ? followed(said) : [said.bytes]));
      if (server !== undefined) return pass();
      if (isAsking) return;
      isAsking = true;
      void pool.take().then((taken) => {
        isAsking = false;
        if (socket.destroyed) return taken.release();
        server = taken;
        taken.onMessage = answer;
        pass();
      });
    }

    function pass(): void {
      for (const next of waiting.splice(0)) {
        if (Buffer.isBuffer(next)) server?.send(next);
        else server?.prepare(next.text);
      }
    }

    function answer({ type, bytes }: WireMessage): void {
      socket.write(bytes);
      if (type !== 'Z') return;
      owed -= 1;
      if (owed > 0 || bytes.toString('latin1', 5) !== 'I') return;
      server?.release();
      server = undefined;
    }

    /** Statements are known by their text, and each server learns one when it is first needed there. */
    function followed({ type, bytes }: WireMessage): (Buffer | Statement)[] {
      if (type === 'P') {
        const { texts } = stringsFrom(bytes, 5, 2);
        const [name = '', text = ''] = texts;
        if (name === '') return [bytes];
        statements.set(name, text);
        socket.write(message('1'));
        return [];
      }
      if (type === 'C' && bytes.toString('latin1', 5, 6) === 'S') {
        socket.write(message('3'));
        return [];
      }
      if (type !== 'B') return [bytes];
      const { texts, end } = stringsFrom(bytes, 5, 2);
      const [portal = '', name = ''] = texts;
      const text = statements.get(name);
      if (text === undefined) return [bytes];
      return [{ text }, message('B', zeroEnded(portal), zeroEnded(nameOf(text)), bytes.subarray(end))];
    }
  }
}
