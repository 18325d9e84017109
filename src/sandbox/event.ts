import { createHash } from 'node:crypto';
import type { LedgerEntry } from './entries.js';

/** The event about one line of the ledger. */
export interface SandboxEvent {
  id: string;
  type: 'charge.captured' | 'charge.declined' | 'refund.succeeded' | 'refund.failed';
  /** RFC 3339, UTC. */
  created: string;
  data: { charge_key: string; refund_key?: string; order_id: string; amount_minor: number; currency: string };
}

/**
 * The event of a line, always the same one; none for a charge that is still processing.
 * Its id contains the line's time, so that a new ledger with the same keys has different events.
 */
export function eventOf(entry: LedgerEntry): SandboxEvent | undefined {
  const type = typeOf(entry);
  if (type === undefined) return undefined;
  const { key, order_id, amount_minor, currency, time } = entry;
  const keys = entry.type === 'charge' ? { charge_key: key } : { charge_key: entry.charge_key, refund_key: key };
  const digest = createHash('sha256').update(`${type} ${time} ${key}`).digest('hex');
  return {
    id: `evt_${digest.slice(0, 24)}`,
    type,
    created: time,
    data: { ...keys, order_id, amount_minor, currency },
  };
}

/** The events of these lines, in their order. */
export function eventsOf(entries: readonly LedgerEntry[]): SandboxEvent[] {
  return entries.map(eventOf).filter((event) => event !== undefined);
}

function typeOf({ state }: LedgerEntry): SandboxEvent['type'] | undefined {
  switch (state) {
    case 'captured':
      return 'charge.captured';
    case 'declined':
      return 'charge.declined';
    case 'refunded':
      return 'refund.succeeded';
    case 'failed':
      return 'refund.failed';
    case 'processing':
      return undefined;
  }
}
