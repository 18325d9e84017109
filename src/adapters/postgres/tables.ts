import type { Generated, JSONColumnType } from 'kysely';
import type { Failure } from '../../domain/failure.js';
import type { OrderStatus } from '../../domain/order.js';

/** The tables of `migrations/`, for the compiler. Columns that only SQL text writes are listed too. */
export interface Tables {
  products: {
    sku: string;
    name: string;
    currency: string;
    unit_price_minor: number;
    active: Generated<boolean>;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
  };
  stock: { sku: string; on_hand: number; reserved: Generated<number> };
  orders: {
    order_id: string;
    owner: string;
    status: OrderStatus;
    version: number;
    fingerprint: string;
    request_id: string;
    customer_id: string;
    currency: string;
    total_minor: number;
    payment_method: string;
    metadata: JSONColumnType<Record<string, string>>;
    failure: JSONColumnType<Failure> | null;
    cancel_reason: string | null;
    created_at: Date;
    updated_at: Generated<Date>;
  };
  order_lines: { order_id: string; sku: string; name: string; quantity: number; unit_price_minor: number };
  order_events: {
    order_id: string;
    seq: number;
    type: string;
    data: JSONColumnType<Record<string, unknown>>;
    created_at: Generated<Date>;
  };
  reservations: {
    order_id: string;
    sku: string;
    quantity: number;
    state: 'active' | 'committed' | 'released' | 'restocked';
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
  };
  stock_movements: {
    id: Generated<number>;
    sku: string;
    order_id: string | null;
    kind: 'adjust' | 'reserve' | 'release' | 'commit' | 'restock';
    on_hand_delta: number;
    reserved_delta: number;
    reason: string | null;
    created_at: Generated<Date>;
  };
  payment_attempts: {
    order_id: string;
    attempt: number;
    owner: string;
    idempotency_key: string;
    amount_minor: number;
    currency: string;
    state: 'created' | 'sent' | 'unknown' | 'captured' | 'declined' | 'not_charged';
    doubtful: Generated<boolean>;
    tries: Generated<number>;
    send_by: Date | null;
    reference: string | null;
    captured_minor: number | null;
    captured_currency: string | null;
    decline_code: string | null;
    last_error: string | null;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
  };
  payments: {
    order_id: string;
    attempt: number;
    amount_minor: number;
    currency: string;
    reference: string;
    created_at: Generated<Date>;
  };
  refunds: {
    idempotency_key: string;
    order_id: string;
    attempt: number;
    amount_minor: number;
    currency: string;
    state: 'pending' | 'succeeded' | 'failed' | 'unknown';
    reference: string | null;
    last_error: string | null;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
  };
}
