import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { Connection } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { temporalServerAt } from '../../../../src/commands/serve/temporal-server.js';
import { LOOPBACK_TLS } from '../../../support/loopback-certificate.js';

interface Heard {
  authorization: string | undefined;
  /** Whether the client showed a certificate that the server trusts. */
  certified: boolean;
}

const NO_TLS = {
  TEMPORAL_TLS: false,
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: undefined,
  TEMPORAL_TLS_CLIENT_CERT_PATH: undefined,
  TEMPORAL_TLS_CLIENT_KEY_PATH: undefined,
  TEMPORAL_API_KEY: undefined,
};
const TLS = { ...NO_TLS, TEMPORAL_TLS: true };
// A gRPC message of no bytes: every answer of Temporal may be one.
const EMPTY = Buffer.alloc(5);

let folder: string;
let server: Http2SecureServer;
let heard: Heard[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-tls-'));
  heard = [];
  server = createSecureServer({ ...LOOPBACK_TLS, ca: LOOPBACK_TLS.cert, requestCert: true, rejectUnauthorized: false });
  let certified = false;
  server.on('secureConnection', ({ authorized }: TLSSocket) => (certified = authorized));
  server.on('stream', (stream, headers) => {
    heard.push({ authorization: headers.authorization, certified });
    stream.on('error', () => {});
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(EMPTY);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content, { mode: 0o600 });
  return path;
}

async function reach(config: Parameters<typeof temporalServerAt>[1]): Promise<void> {
  const address = `localhost:${(server.address() as AddressInfo).port}`;
  const connection = await Connection.connect({ ...(await temporalServerAt(address, config)), connectTimeout: 2_000 });
  await connection.close();
}

describe('Temporal over TLS', () => {
  test('is trusted with a certificate of one of the given authorities, and receives the client certificate', async () => {
    await reach({
      ...TLS,
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: await file('ca.pem', LOOPBACK_TLS.cert),
      TEMPORAL_TLS_CLIENT_CERT_PATH: await file('client.pem', LOOPBACK_TLS.cert),
      TEMPORAL_TLS_CLIENT_KEY_PATH: await file('client.key', LOOPBACK_TLS.key),
      TEMPORAL_API_KEY: 'a-key',
    });
    expect(heard).toContainEqual({ authorization: 'Bearer a-key', certified: true });
  });

  test('receives nothing without a trusted certificate', async () => {
    await expect(reach({ ...TLS, TEMPORAL_API_KEY: 'a-key' })).rejects.toThrow();
    expect(heard).toEqual([]);
  });

  test('is not spoken to without TLS in its place', async () => {
    await expect(reach(NO_TLS)).rejects.toThrow();
    expect(heard).toEqual([]);
  });
});

test('a file that cannot be read is named by its variable, and nothing of it is shown', async () => {
  const config = { ...TLS, TEMPORAL_TLS_SERVER_CA_CERT_PATH: join(folder, 'nowhere.pem') };
  await expect(temporalServerAt('127.0.0.1:1', config)).rejects.toThrow(/TEMPORAL_TLS_SERVER_CA_CERT_PATH.*ENOENT/);
});

test('without TLS there is nothing but the address', async () => {
  expect(await temporalServerAt('temporal:7233', NO_TLS)).toEqual({ address: 'temporal:7233' });
});
