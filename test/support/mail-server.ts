import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';

export interface ReceivedMail {
  from: string;
  to: string[];
  raw: string;
}

/** What the server says to a recipient, or to a mail: a code and words, or nothing to take it. */
type Objection = { code: number; words: string } | undefined;

export interface MailServer {
  url: string;
  mails: ReceivedMail[];
  /** How many connections were ever made to it. */
  connections(): number;
  /** Says no from now on, where it is told to. */
  object(to: { sender?: Objection; recipient?: Objection; mail?: Objection }): void;
  /** Takes no answer out of its mouth from now on. */
  fallSilent(isSilent: boolean): void;
  /** Breaks every connection. */
  dropAll(): void;
  close(): Promise<void>;
}

/** An SMTP server on loopback that keeps the mails it gets. */
export async function openMailServer(port = 0): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const state = { objections: {} as { sender?: Objection; recipient?: Objection; mail?: Objection }, silent: false };
  let connections = 0;
  const answer = (objection: Objection, callback: (error?: Error | null) => void) => {
    if (state.silent) return;
    if (objection === undefined) callback();
    else callback(Object.assign(new Error(objection.words), { responseCode: objection.code }));
  };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    onConnect: (_session, callback) => {
      connections += 1;
      answer(undefined, callback);
    },
    onMailFrom: (_address, _session, callback) => answer(state.objections.sender, callback),
    onRcptTo: (_address, _session, callback) => answer(state.objections.recipient, callback),
    onData: (stream, { envelope }: SMTPServerSession, callback) => {
      void text(stream).then((raw) => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        if (state.objections.mail === undefined) {
          mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), raw });
        }
        answer(state.objections.mail, callback);
      });
    },
  });
  const sockets = new Set<Socket>();
  server.on('error', () => {});
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server.server, 'listening');
  return {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    mails,
    connections: () => connections,
    object: (objections) => (state.objections = objections),
    dropAll: () => sockets.forEach((socket) => socket.destroy()),
    fallSilent: (isSilent) => (state.silent = isSilent),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
