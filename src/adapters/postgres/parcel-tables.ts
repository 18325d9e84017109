import type { Generated, JSONColumnType } from 'kysely';
import type { Actor } from '../../domain/actor.js';

/** What left for customers. */
export interface ParcelTables {
  fulfilments: {
    fulfilment_id: string;
    order_id: string;
    carrier: string | null;
    tracking_number: string | null;
    tracking_url: string | null;
    fingerprint: string;
    actor: JSONColumnType<Actor> | null;
    created_at: Generated<Date>;
  };
  fulfilment_items: { fulfilment_id: string; order_id: string; sku: string; quantity: number };
}
