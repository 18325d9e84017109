import { sql } from 'kysely';
import type { Tx } from '../pool.js';

export const NEWS_CHANNEL = 'holdfast_outbox';

/** What may be new for relays. The trigger that fills the outbox names nothing; everything else names itself. */
export const OUTBOX_NEWS = '';
export const DELIVERY_NEWS = 'deliveries';
export const GATEWAY_EVENT_NEWS = 'gateway events';

/** Wakes the relays when this transaction commits: a delivery was added, or a recovery of an endpoint. */
export async function announceDeliveries(tx: Tx): Promise<void> {
  await sql`select pg_notify(${NEWS_CHANNEL}, ${DELIVERY_NEWS})`.execute(tx);
}
