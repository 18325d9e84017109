/** One line of the ledger for a charge. A charge that is settled later has two: `processing`, then its outcome. */
export interface ChargeEntry {
  type: 'charge';
  /** The idempotency key. */
  key: string;
  order_id: string;
  /** Integer, in the currency's smallest unit. */
  amount_minor: number;
  currency: string;
  method: string;
  state: 'captured' | 'declined' | 'processing';
  reference: string;
  /** Why, when declined. */
  code?: string;
  /** RFC 3339, UTC. */
  time: string;
}

/**
 * One line of the ledger for a refund. A refund that fails later has two, `refunded`, then `failed`; one that is
 * settled later has `processing`, then its outcome.
 */
export interface RefundEntry {
  type: 'refund';
  key: string;
  charge_key: string;
  order_id: string;
  amount_minor: number;
  currency: string;
  state: 'refunded' | 'failed' | 'processing';
  reference: string;
  time: string;
}

export type LedgerEntry = ChargeEntry | RefundEntry;

const texts = {
  charge: ['key', 'order_id', 'currency', 'method', 'state', 'reference', 'time'],
  refund: ['key', 'charge_key', 'order_id', 'currency', 'state', 'reference', 'time'],
} as const;

const states: Record<LedgerEntry['type'], readonly unknown[]> = {
  charge: ['captured', 'declined', 'processing'],
  refund: ['refunded', 'failed', 'processing'],
};

/** Reads one line of a ledger file; nothing when it is not a whole entry. */
export function parseEntry(line: string): LedgerEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return isEntry(value) ? value : undefined;
}

function isEntry(value: unknown): value is LedgerEntry {
  if (!isRecord(value)) return false;
  const { type } = value;
  if (type !== 'charge' && type !== 'refund') return false;
  return (
    texts[type].every((name) => typeof value[name] === 'string') &&
    Number.isSafeInteger(value['amount_minor']) &&
    states[type].includes(value['state'])
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
