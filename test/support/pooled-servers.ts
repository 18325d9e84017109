import { Client } from 'pg';
import { createMessageReader, message, zeroEnded, type WireMessage } from './wire-messages.js';

/** One connection to PostgreSQL that transactions of many clients use in turn. */
export interface PooledServer {
  onMessage: (message: WireMessage) => void;
  send(bytes: Buffer): void;
  /** Makes the server know a statement of this text. */
  prepare(text: string): void;
  /** To be used by the next one who waits. */
  release(): void;
  /** Its client is gone in the middle of something: no one can use it any more. */
  abandon(): void;
}

export type PooledServers = Awaited<ReturnType<typeof openPooledServers>>;

const PARAMETERS = [
  'server_version',
  'client_encoding',
  'DateStyle',
  'integer_datetimes',
  'standard_conforming_strings',
];

/** The name that each server knows a statement of this text by. */
export const nameOf = (text: string) => `POOLER_${Buffer.from(text).toString('base64url').slice(-20)}_${text.length}`;

export async function openPooledServers(databaseUrl: string, size: number) {
  const free: PooledServer[] = [];
  const waiting: ((server: PooledServer) => void)[] = [];
  const open = new Set<Client>();
  let isClosed = false;
  const first = await connect();
  const parameters: [name: string, value: string][] = [];
  for (const name of PARAMETERS) {
    const { rows } = await first.query<{ value: string }>('select current_setting($1) as value', [name]);
    parameters.push([name, rows[0]?.value ?? '']);
  }
  await first.end();
  for (let n = 0; n < size; n += 1) free.push(await openServer());

  return {
    parameters,
    /** The one that has rested longest. */
    async take(): Promise<PooledServer> {
      return free.shift() ?? new Promise<PooledServer>((resolve) => waiting.push(resolve));
    },
    async close() {
      isClosed = true;
      for (const client of open) client.connection.stream.destroy();
    },
  };

  async function connect(): Promise<Client> {
    const client = new Client({ connectionString: databaseUrl, application_name: 'a pooler of the tests' });
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  async function openServer(): Promise<PooledServer> {
    const client = await connect();
    open.add(client);
    const { stream } = client.connection;
    const reader = createMessageReader(false);
    const known = new Set<string>();
    // For each statement that is being parsed, whether a client waits to be told so.
    let parsing: boolean[] = [];
    const server: PooledServer = {
      onMessage: () => {},
      send(bytes) {
        if (String.fromCharCode(bytes[0] ?? 0) === 'P') parsing.push(true);
        stream.write(bytes);
      },
      prepare(text) {
        const name = nameOf(text);
        if (known.has(name)) return;
        known.add(name);
        parsing.push(false);
        stream.write(message('P', zeroEnded(name), zeroEnded(text), Buffer.alloc(2)));
      },
      release() {
        server.onMessage = () => {};
        giveOut(server);
      },
      abandon() {
        server.onMessage = () => {};
        open.delete(client);
        stream.destroy();
        if (!isClosed) void openServer().then(giveOut);
      },
    };
    stream.removeAllListeners('data');
    stream.on('data', (chunk: Buffer) => {
      for (const said of reader.read(chunk)) {
        if (said.type === '1' && parsing.shift() === false) continue;
        if (said.type === 'Z') parsing = [];
        server.onMessage(said);
      }
    });
    return server;
  }

  function giveOut(server: PooledServer): void {
    const next = waiting.shift();
    if (next === undefined) free.push(server);
    else next(server);
  }
}
