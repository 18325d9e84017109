import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  address: string;
  /** Cuts every connection and refuses new ones. */
  cut(): void;
  /** Keeps every connection and passes nothing on: the server hangs. */
  stall(): void;
  /** Forgets the connections that there are, and tells no one; new ones are taken. */
  forget(): void;
  /** Takes connections again, and passes on what they say. */
  heal(): void;
  close(): Promise<void>;
}

/** A line that can be cut, between a process under test and one of its servers (`host:port`). */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const [host = '127.0.0.1', port = '0'] = target.split(':');
  const sockets = new Set<Socket>();
  const pairs = new Set<readonly [Socket, Socket]>();
  let isCut = false;
  let isStalled = false;
  const server = createServer((inbound) => {
    if (isCut) return void inbound.destroy();
    const outbound = connect(Number(port), host);
    const pair = [inbound, outbound] as const;
    pairs.add(pair);
    for (const socket of [inbound, outbound]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        pairs.delete(pair);
        inbound.destroy();
        outbound.destroy();
      });
    }
    if (!isStalled) join(pair);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    address: `127.0.0.1:${address.port}`,
    cut() {
      isCut = true;
      drop();
    },
    stall() {
      isStalled = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    forget() {
      for (const socket of sockets) socket.unpipe().pause();
      pairs.clear();
    },
    heal() {
      if (isStalled) for (const pair of pairs) join(pair);
      [isCut, isStalled] = [false, false];
    },
    async close() {
      drop();
      server.close();
      await once(server, 'close');
    },
  };
}

function join([one, other]: readonly [Socket, Socket]): void {
  one.pipe(other);
  other.pipe(one);
}
