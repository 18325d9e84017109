import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A moment on a line: just before a request gets through, or just after its answer was given. */
export interface Strike {
  /** Whether what a client has said on one connection, since the server was last done with it, is the request. */
  sees(said: string): boolean;
  when: 'before' | 'after';
}

export interface DeadlyLine {
  address: string;
  /** At this moment the connection goes dead and `kill` is called, once. */
  strike(moment: Strike, kill: () => void): void;
  close(): Promise<void>;
}

/** Whether an answer, as latin1, shows that the server is done with what it was asked. */
export const DONE = {
  /** Ready, and in no transaction. */
  postgres: (answer: string) => answer.includes('Z\0\0\0\u0005I'),
  http: (answer: string) => answer.startsWith('HTTP/1.1 '),
  /** The id of the run that was started. */
  temporal: (answer: string) => /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.test(answer),
} as const;

const MOST_REMEMBERED = 200_000;

/** A line to one of a process's servers (`host:port`) that can end the process at a chosen moment. */
export async function startDeadlyLine(target: string, isDone: (answer: string) => boolean): Promise<DeadlyLine> {
  const [host = '127.0.0.1', port = '0'] = target.split(':');
  const sockets = new Set<Socket>();
  let armed: { moment: Strike; kill: () => void } | undefined;

  const server = createServer((inbound) => {
    const outbound = connect(Number(port), host);
    let said = '';
    let struck: (() => void) | undefined;
    let isDead = false;
    const die = (kill: () => void) => {
      isDead = true;
      outbound.destroy();
      kill();
    };
    for (const socket of [inbound, outbound]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        // A dead line says nothing, not even that it is closed.
        if (isDead) return;
        inbound.destroy();
        outbound.destroy();
      });
    }
    inbound.on('data', (chunk) => {
      if (isDead) return;
      said = (said + chunk.toString('latin1')).slice(-MOST_REMEMBERED);
      if (armed?.moment.sees(said) === true) {
        const { moment, kill } = armed;
        armed = undefined;
        if (moment.when === 'before') return die(kill);
        struck = kill;
      }
      outbound.write(chunk);
    });
    outbound.on('data', (chunk) => {
      const wasDone = isDone(chunk.toString('latin1'));
      if (wasDone && struck !== undefined) return die(struck);
      if (wasDone) said = '';
      inbound.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  return {
    address: `127.0.0.1:${address.port}`,
    strike: (moment, kill) => void (armed = { moment, kill }),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
