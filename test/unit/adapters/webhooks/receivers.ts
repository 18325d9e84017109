import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach } from '@jest/globals';
import { createEventSender, type EventSenderSettings } from '../../../../src/adapters/webhooks/http-event-sender.js';
import { openReceiver } from '../../../support/receiver.js';

// What is opened here ends after the test that opened it.
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

export async function receiver(...args: Parameters<typeof openReceiver>) {
  const opened = await openReceiver(...args);
  closing.push(opened.close);
  return opened;
}

/** A sender that may call this machine. */
export function openSender(settings: Partial<EventSenderSettings> = {}) {
  const made = createEventSender({ allowPrivate: true, ...settings });
  closing.push(made.close);
  return made;
}

/** A server that does with each connection what it is told, below HTTP. */
export async function rawServer(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
