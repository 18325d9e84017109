import { Client } from 'pg';

export interface ListenerSettings {
  url: string;
  /** Called when something may be new: at each notification, and once after each (re)connect. */
  onNews: () => void;
  onFault: (error: Error) => void;
}

export interface OutboxListener {
  close(): Promise<void>;
}

const CHANNEL = 'holdfast_outbox';
const RECONNECT_MS = 100;
const LONGEST_RECONNECT_MS = 5_000;
const CONNECT_MS = 5_000;

/** Listens for rows of the outbox on a connection of its own, and connects again for as long as it takes. */
export function listenToOutbox({ url, onNews, onFault }: ListenerSettings): OutboxListener {
  let isClosed = false;
  let client: Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let pauseMs = RECONNECT_MS;
  void connect();

  return {
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await client?.end().catch(() => {});
    },
  };

  async function connect(): Promise<void> {
    const mine = new Client({
      connectionString: url,
      application_name: 'holdfast listener',
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: CONNECT_MS,
    });
    client = mine;
    let isLost = false;
    const lost = (error: Error) => {
      if (isLost || isClosed) return;
      isLost = true;
      onFault(error);
      void mine.end().catch(() => {});
      timer = setTimeout(() => void connect(), pauseMs);
      pauseMs = Math.min(pauseMs * 2, LONGEST_RECONNECT_MS);
    };
    mine.on('error', lost);
    mine.on('end', () => lost(new Error('the connection ended')));
    mine.on('notification', onNews);
    try {
      await mine.connect();
      await mine.query(`listen ${CHANNEL}`);
      pauseMs = RECONNECT_MS;
      onNews();
    } catch (error) {
      lost(error instanceof Error ? error : new Error(String(error)));
    }
    // Closed while it was connecting.
    if (isClosed) await mine.end().catch(() => {});
  }
}
