import { readFile } from 'node:fs/promises';
import type { Config } from '../../config.js';
import type { TemporalServer, TLSConfig } from '../../temporal/connection.js';

type TemporalSettings = Pick<
  Config,
  | 'TEMPORAL_TLS'
  | 'TEMPORAL_TLS_SERVER_CA_CERT_PATH'
  | 'TEMPORAL_TLS_CLIENT_CERT_PATH'
  | 'TEMPORAL_TLS_CLIENT_KEY_PATH'
  | 'TEMPORAL_API_KEY'
>;

/** @throws Error naming the variable of a file that cannot be read */
export async function temporalServerAt(address: string, config: TemporalSettings): Promise<TemporalServer> {
  if (!config.TEMPORAL_TLS) return { address };
  const authorities = await contentOf('TEMPORAL_TLS_SERVER_CA_CERT_PATH', config);
  const crt = await contentOf('TEMPORAL_TLS_CLIENT_CERT_PATH', config);
  const key = await contentOf('TEMPORAL_TLS_CLIENT_KEY_PATH', config);
  const tls: TLSConfig = {
    ...(authorities === undefined ? {} : { serverRootCACertificate: authorities }),
    ...(crt === undefined || key === undefined ? {} : { clientCertPair: { crt, key } }),
  };
  const { TEMPORAL_API_KEY: apiKey } = config;
  return { address, tls, ...(apiKey === undefined ? {} : { apiKey }) };
}

type FileVariable = Exclude<keyof TemporalSettings, 'TEMPORAL_TLS' | 'TEMPORAL_API_KEY'>;

async function contentOf(variable: FileVariable, config: TemporalSettings): Promise<Uint8Array | undefined> {
  const { [variable]: path } = config;
  if (path === undefined) return undefined;
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${variable} must name a PEM file that can be read: ${error.code ?? 'it cannot'}`, {
      cause: error,
    });
  });
}
