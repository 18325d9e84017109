/** A line of the sandbox's ledger. */
export interface LedgerEntry {
  type: 'charge' | 'refund';
  key: string;
  charge_key?: string;
  order_id: string;
  state: 'captured' | 'declined' | 'processing' | 'refunded' | 'failed';
  amount_minor: number;
  time: string;
}

/** The gateway's truth, kept up to date. */
export interface LedgerReader {
  /** Reads what is new. */
  refresh(): Promise<void>;
  /** The lines of one order, oldest first. */
  of(orderId: string): readonly LedgerEntry[];
}

export function createLedgerReader(sandboxUrl: string): LedgerReader {
  const byOrder = new Map<string, LedgerEntry[]>();
  let seen = 0;

  return {
    of: (orderId) => byOrder.get(orderId) ?? [],
    async refresh() {
      for (let limit = 50; ; limit *= 10) {
        const response = await fetch(`${sandboxUrl}/v1/ledger?limit=${limit}`);
        const { data, total } = (await response.json()) as { data: LedgerEntry[]; total: number };
        const news = total - seen;
        if (news > data.length) continue;
        for (const entry of news === 0 ? [] : data.slice(-news)) {
          byOrder.set(entry.order_id, [...(byOrder.get(entry.order_id) ?? []), entry]);
        }
        seen = total;
        return;
      }
    },
  };
}
