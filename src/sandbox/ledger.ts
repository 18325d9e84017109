import type { ChargeEntry, LedgerEntry, RefundEntry } from './entries.js';
import { openLedgerFile } from './ledger-file.js';
import type { LedgerFile } from './ledger-file.js';

/** The sandbox's state: an append-only list of charges and refunds. */
export interface Ledger {
  /** The newest entry of the charge with this key. */
  charge(key: string): ChargeEntry | undefined;
  /** The newest entry of the refund with this key. */
  refund(key: string): RefundEntry | undefined;
  /** The sum of a charge's refunds, including those in progress but not those that failed, in minor units. */
  refundedMinor(chargeKey: string): number;
  /** The entries of one order, or of all, oldest first. */
  entries(orderId?: string): readonly LedgerEntry[];
  /** Resolves when the entry is durable; only then is it visible. Rejects when it cannot be written. */
  append(entry: LedgerEntry): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a ledger: in the file, or in memory when none is given.
 * Throws when the file cannot be opened or holds a damaged line other than the last.
 */
export async function openLedger(file?: string): Promise<Ledger> {
  return file === undefined ? memoryLedger() : ledgerOver(await openLedgerFile(file));
}

/** A ledger that ends with its process. */
export function memoryLedger(): Ledger {
  return ledgerOver({ loaded: [], append: async () => {}, close: async () => {} });
}

function ledgerOver(file: LedgerFile): Ledger {
  const all: LedgerEntry[] = [];
  const byOrder = new Map<string, LedgerEntry[]>();
  const charges = new Map<string, ChargeEntry>();
  const refunds = new Map<string, RefundEntry>();
  const refunded = new Map<string, number>();

  const show = (entry: LedgerEntry): void => {
    all.push(entry);
    const ofOrder = byOrder.get(entry.order_id);
    if (ofOrder === undefined) byOrder.set(entry.order_id, [entry]);
    else ofOrder.push(entry);
    if (entry.type === 'charge') {
      charges.set(entry.key, entry);
      return;
    }
    const change = claimOf(entry) - claimOf(refunds.get(entry.key));
    refunds.set(entry.key, entry);
    refunded.set(entry.charge_key, (refunded.get(entry.charge_key) ?? 0) + change);
  };

  for (const entry of file.loaded) show(entry);
  return {
    charge: (key) => charges.get(key),
    refund: (key) => refunds.get(key),
    refundedMinor: (chargeKey) => refunded.get(chargeKey) ?? 0,
    entries: (orderId) => (orderId === undefined ? all : (byOrder.get(orderId) ?? [])),
    append: async (entry) => {
      await file.append(entry);
      show(entry);
    },
    close: () => file.close(),
  };
}

/** How much of the refundable amount a refund uses. */
function claimOf(entry: RefundEntry | undefined): number {
  return entry === undefined || entry.state === 'failed' ? 0 : entry.amount_minor;
}
