import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** A TCP line to a server (`host:port`) that counts the bytes in both directions. */
export async function startCountingLine(target) {
  const [host, port] = target.split(':');
  const sockets = new Set();
  const bytes = { out: 0, back: 0 };
  const server = createServer((inbound) => {
    const outbound = connect(Number(port), host);
    for (const [socket, other, way] of [
      [inbound, outbound, 'out'],
      [outbound, inbound, 'back'],
    ]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('data', (chunk) => (bytes[way] += chunk.length));
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${server.address().port}`,
    bytes: () => ({ ...bytes }),
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
