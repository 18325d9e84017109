import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openDatabase } from '../../../../src/adapters/postgres/pool.js';
import { LOOPBACK_TLS } from '../../../support/loopback-certificate.js';

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

let folder: string;
let authority: string;
let server: Server;
let sockets: Set<Socket>;
/** What the server was told in the clear, but for the question whether it has TLS; and what it was told over TLS. */
let said: { clear: string; secure: string };
let hasTls: boolean;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-pg-tls-'));
  authority = join(folder, 'ca.pem');
  await writeFile(authority, LOOPBACK_TLS.cert);
  said = { clear: '', secure: '' };
  hasTls = true;
  sockets = new Set();
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', (first: Buffer) => {
      if (!first.equals(SSL_REQUEST)) said.clear += first.toString('latin1');
      if (!first.equals(SSL_REQUEST) || !hasTls) {
        socket.on('data', (more: Buffer) => (said.clear += more.toString('latin1')));
        socket.end('N');
        return;
      }
      socket.write('S');
      const secure = new TLSSocket(socket, { isServer: true, cert: LOOPBACK_TLS.cert, key: LOOPBACK_TLS.key });
      secure.on('error', () => {});
      secure.once('data', (more: Buffer) => {
        said.secure += more.toString('latin1');
        secure.destroy();
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

async function connect(query: string): Promise<void> {
  const { port } = server.address() as AddressInfo;
  const url = `postgres://someone:hunter2@localhost:${port}/holdfast${query}`;
  const database = openDatabase({
    url,
    size: 1,
    connectTimeoutMs: 3_000,
    statementTimeoutMs: 1_000,
    onError: () => {},
  });
  try {
    await database.pool.query('select 1');
  } finally {
    await database.close();
  }
}

describe('a database URL with sslmode=verify-full', () => {
  test('sends credentials only over TLS, to a server with a certificate of one of the given authorities', async () => {
    await expect(connect(`?sslmode=verify-full&sslrootcert=${authority}`)).rejects.toThrow();
    expect(said.secure).toContain('someone');
    expect(said.clear).toBe('');
  });

  test('sends nothing to a server without a trusted certificate', async () => {
    await expect(connect('?sslmode=verify-full')).rejects.toThrow(/certificate/);
    expect(said).toEqual({ clear: '', secure: '' });
  });

  test('says nothing to a server without TLS', async () => {
    hasTls = false;
    await expect(connect(`?sslmode=verify-full&sslrootcert=${authority}`)).rejects.toThrow(/SSL/);
    expect(said).toEqual({ clear: '', secure: '' });
  });
});
