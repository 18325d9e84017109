import type { AuditLimits, Inspection, Place } from './audit-ports.js';
import type { LookBack, LookBackPage, LookBackStore } from './look-back-ports.js';

const AT_ONCE = 5;

interface Booked {
  orderId: string;
  key: string;
}

export interface LookBackTools<T extends Booked> {
  check: string;
  store: Pick<LookBackStore, 'lookedBack'>;
  limits: AuditLimits;
  signal: AbortSignal;
  heartbeat(detail: string): void;
  read(page: LookBackPage): Promise<LookBack<T>>;
  /** Asks the gateway about one item. @returns what is wrong with it, if anything */
  examine(item: T): Promise<string | undefined>;
}

/**
 * Asks the gateway about items with an open dead letter, then about this audit's part of the day. An item that could
 * not be asked about is reported and comes again in the next round; after many failures, the gateway is not asked until
 * then.
 */
export async function lookBack<T extends Booked>(tools: LookBackTools<T>, open: readonly Place[]): Promise<Inspection> {
  const { check, store, limits, signal, heartbeat } = tools;
  const { chargeAgeMs: windowMs, lookBackAudits: audits, leastLookups: least, mostLookups: most } = limits;
  const keys = open.map(({ about }) => about);
  const { named, next, isLast, missed } = await tools.read({ check, windowMs, audits, least, most, keys });
  const result: Required<Inspection> & { inspected: Place[] } = { findings: [], inspected: [], unchecked: [] };
  // An item that is no longer of this kind, or has a new key, is done.
  result.inspected.push(...open.filter(({ about }) => !named.some(({ key }) => key === about)));

  const startedAt = performance.now();
  const walk = [...named, ...next];
  let asked = 0;
  for (; asked < walk.length && mayAskOn(); asked += AT_ONCE) {
    await Promise.all(walk.slice(asked, asked + AT_ONCE).map(ask));
    signal.throwIfAborted();
  }
  const last = next[Math.min(asked, walk.length) - named.length - 1];
  if (asked >= walk.length && isLast) await store.lookedBack(check);
  else if (last !== undefined) await store.lookedBack(check, last);

  if (missed > 0) {
    const detail = `${missed} that were settled more than a day ago were not asked about in time`;
    result.unchecked.push({ orderId: '', about: '', detail });
  }
  return result;

  function mayAskOn(): boolean {
    return result.unchecked.length < limits.lookupFaults && performance.now() - startedAt < limits.lookupMs;
  }

  async function ask(item: T): Promise<void> {
    const place = { orderId: item.orderId, about: item.key };
    heartbeat(item.key);
    try {
      const detail = await tools.examine(item);
      result.inspected.push(place);
      if (detail !== undefined) result.findings.push({ ...place, detail });
    } catch (error) {
      result.unchecked.push({ ...place, detail: error instanceof Error ? error.message : String(error) });
    }
  }
}
