import type { OrderJson } from './shop.js';
import type { Stack } from './stack.js';

/** Where an order stands, in everything that must not depend on what went wrong on the way. */
export interface EndState {
  status: string;
  reason: string | null;
  /** Keys of the charges that took money, as the gateway's own ledger has them. */
  charges: string[];
  refunds: number;
  /** Minor units that the gateway still holds. */
  kept: number;
  reservations: string[];
}

/** Reads it from the API's answer, the gateway's ledger and the books. */
export async function endStateOf(stack: Stack, { id, status, failure }: OrderJson): Promise<EndState> {
  const ledger = await stack.ledger(id);
  const charges = ledger.filter(({ type, state }) => type === 'charge' && state === 'captured');
  const refunds = ledger.filter(({ type, state }) => type === 'refund' && state === 'refunded');
  const sum = (entries: typeof ledger) => entries.reduce((total, { amount_minor }) => total + amount_minor, 0);
  const rows = await stack.database.kysely
    .selectFrom('reservations')
    .select('state')
    .where('order_id', '=', id)
    .orderBy('sku')
    .execute();
  return {
    status,
    reason: failure?.reason ?? null,
    charges: charges.map(({ key }) => key),
    refunds: refunds.length,
    kept: sum(charges) - sum(refunds),
    reservations: rows.map(({ state }) => state),
  };
}

/** What is wrong with the stock of this stack: nothing, unless it was lost, sold twice or is held for no one. */
export async function stockTrouble({ database }: Stack): Promise<unknown[]> {
  const { rows } = await database.pool.query(
    `select s.sku, s.on_hand, s.reserved from stock s
     left join (select sku, sum(on_hand_delta) as on_hand, sum(reserved_delta) as reserved
                from stock_movements group by 1) m using (sku)
     left join (select sku, sum(quantity) as held from reservations where state = 'active' group by 1) r using (sku)
     where coalesce(m.on_hand, 0) <> s.on_hand or coalesce(m.reserved, 0) <> s.reserved
        or coalesce(r.held, 0) <> s.reserved`,
  );
  return rows;
}

/** The types of the order's events, oldest first. */
export async function trailOf({ database }: Stack, orderId: string): Promise<string[]> {
  const rows = await database.kysely
    .selectFrom('order_events')
    .select('type')
    .where('order_id', '=', orderId)
    .orderBy('seq')
    .execute();
  return rows.map(({ type }) => type);
}

/** The order's dead letters, oldest first. */
export async function lettersOf({ database }: Stack, orderId: string) {
  return database.kysely
    .selectFrom('dead_letters')
    .select(['id', 'kind', 'state', 'subject'])
    .where('order_id', '=', orderId)
    .orderBy('created_at')
    .execute();
}

/** Asks until the answer is as wanted. */
export async function eventually<T>(
  ask: () => Promise<T>,
  isWanted: (answer: T) => boolean,
  withinMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(answer)} after ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
