import { Client } from 'pg';
import { recognizeSession } from '../sessions.js';
import { NEWS_CHANNEL } from './relay-news.js';

export interface ListenerSettings {
  url: string;
  /** A URL whose connections keep their sessions, if `url` may lead to a pooler in transaction mode. */
  directUrl?: string | undefined;
  /** Called when something may be new: with what, at each notification, and once after each (re)connect. */
  onNews: (what?: string) => void;
  onFault: (error: Error) => void;
  /** Called if `url` leads to a pooler, which may not forward notifications; then there is no listening. */
  onPooler?: () => void;
}

export interface OutboxListener {
  close(): Promise<void>;
}

const RECONNECT_MS = 100;
const LONGEST_RECONNECT_MS = 5_000;
const CONNECT_MS = 5_000;

/** Listens for rows of the outbox on a separate connection, and reconnects indefinitely. */
export function listenToOutbox({ url, directUrl, onNews, onFault, onPooler }: ListenerSettings): OutboxListener {
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
      connectionString: directUrl ?? url,
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
    mine.on('notification', ({ payload }) => onNews(payload));
    try {
      await mine.connect();
      if (directUrl === undefined && !(await recognizeSession(mine, 0, CONNECT_MS)).isKept) {
        isClosed = true;
        onPooler?.();
        await mine.end();
        return;
      }
      await mine.query(`listen ${NEWS_CHANNEL}`);
      pauseMs = RECONNECT_MS;
      onNews();
    } catch (error) {
      lost(error instanceof Error ? error : new Error(String(error)));
    }
    // It was closed while it was connecting.
    if (isClosed) await mine.end().catch(() => {});
  }
}
