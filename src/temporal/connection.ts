import { Client, Connection, type ClientOptions, type TLSConfig } from '@temporalio/client';

export type { Client, Connection, TLSConfig } from '@temporalio/client';

/** Temporal's address and how both sides authenticate. */
export interface TemporalServer {
  address: string;
  tls?: TLSConfig;
  apiKey?: string;
}

/** A connection for a process that has no worker. */
export function connectTo(server: TemporalServer, connectTimeoutMs: number): Promise<Connection> {
  return Connection.connect({ ...server, connectTimeout: connectTimeoutMs });
}

/** A client on an open connection: one of {@link connectTo}, or a worker's. */
export function clientOn(options: Required<Pick<ClientOptions, 'connection' | 'namespace'>> & ClientOptions): Client {
  return new Client(options);
}
