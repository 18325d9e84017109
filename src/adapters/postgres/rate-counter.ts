import { LRUCache } from 'lru-cache';
import pTimeout from 'p-timeout';
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { runOnce, type Database } from './pool.js';

export interface RateCounterOptions {
  database: Database;
  /** Distinguishes the subjects of this counter from those of others. */
  name: string;
  /** The most in one window, over all processes. */
  limit: number;
  windowMs: number;
  onError: (error: unknown) => void;
}

interface Allowance {
  allowed: boolean;
  limit: number;
  windowMs: number;
  remaining: number;
  resetMs: number;
}

/** Points that this process took from the shared counter and may spend without another query. */
interface Lease {
  left: number;
  sharedLeft: number;
  until: number;
  taking?: Promise<void> | undefined;
}

// The limit is taken in this many parts: fewer queries, but each process may hold as much unused.
const PARTS = 20;
const MOST_LEASES = 10_000;
const PATIENCE_MS = 500;

/**
 * Counts in PostgreSQL, in fixed windows, and in memory while PostgreSQL does not answer. The parts are hand-written: the
 * library alone would write a row per request.
 */
export function createRateCounter({ database, name, limit, windowMs, onError }: RateCounterOptions) {
  const part = Math.max(1, Math.floor(limit / PARTS));
  const settings = { points: limit, duration: windowMs / 1000, keyPrefix: name };
  const limiter = new RateLimiterPostgres({
    ...settings,
    storeClient: { query: askInTime },
    storeType: 'client',
    tableName: 'rate_limits',
    tableCreated: true,
    insuranceLimiter: new RateLimiterMemory(settings),
  });
  const leases = new LRUCache<string, Lease>({ max: MOST_LEASES });

  return {
    async count(subject: string): Promise<Allowance> {
      const lease = leaseOf(subject);
      while (lease.left === 0 && (lease.sharedLeft > 0 || lease.until <= Date.now())) {
        lease.taking ??= take(subject, lease).finally(() => (lease.taking = undefined));
        await lease.taking;
      }
      const allowed = lease.left > 0;
      if (allowed) lease.left -= 1;
      const resetMs = Math.max(0, lease.until - Date.now());
      return { allowed, limit, windowMs, remaining: lease.left + lease.sharedLeft, resetMs };
    },
  };

  function leaseOf(subject: string): Lease {
    const found = leases.get(subject);
    if (found !== undefined && (found.until > Date.now() || found.taking !== undefined)) return found;
    const lease: Lease = { left: 0, sharedLeft: 0, until: 0 };
    leases.set(subject, lease);
    return lease;
  }

  /** The last part may be smaller, since counts beyond the limit do not exist. */
  async function take(subject: string, lease: Lease): Promise<void> {
    const { consumedPoints, msBeforeNext } = await consume(subject);
    const before = consumedPoints - part;
    lease.left = Math.min(part, Math.max(0, limit - before));
    lease.sharedLeft = Math.max(0, limit - consumedPoints);
    lease.until = Date.now() + msBeforeNext;
  }

  async function consume(subject: string): Promise<RateLimiterRes> {
    try {
      return await limiter.consume(subject, part);
    } catch (refused) {
      if (refused instanceof RateLimiterRes) return refused;
      throw refused;
    }
  }

  async function askInTime(query: { text: string; values: unknown[] }) {
    try {
      return await pTimeout(runOnce(database, query), { milliseconds: PATIENCE_MS });
    } catch (error) {
      onError(error);
      throw error;
    }
  }
}
