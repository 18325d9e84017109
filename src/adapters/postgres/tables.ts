import type { Generated, GeneratedAlways, JSONColumnType } from 'kysely';
import type { Actor } from '../../domain/actor.js';
import type { Verdict } from '../../activities/screening.js';
import type { DeliveryState } from '../../domain/delivery.js';
import type { NextAction } from '../../domain/next-action.js';
import type { DeadLetterKind, DeadLetterState, Said } from '../../domain/dead-letter.js';
import type { Failure, FailureReason } from '../../domain/failure.js';
import type { NoticeState } from '../../domain/notice.js';
import type { OrderStatus } from '../../domain/order.js';
import type { ReviewDecision } from '../../domain/outcomes.js';
import type { AttemptState, RefundState } from '../../domain/payment-states.js';
import type { ReservationState } from '../../domain/reservation.js';
import type { Scope } from '../../domain/scopes.js';

/** The first decision of a review. `at` is RFC 3339, UTC. */
export interface StoredReview {
  decision: ReviewDecision | 'expired';
  at: string;
}

/** The types of the tables in `migrations/`, including columns that only SQL text writes. */
export interface Tables {
  products: {
    sku: string;
    name: string;
    currency: string;
    unit_price_minor: number;
    active: Generated<boolean>;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
    version: Generated<number>;
    deleted_at: Date | null;
    name_folded: GeneratedAlways<string>;
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
    customer_email: string | null;
    currency: string;
    total_minor: number;
    payment_method: string;
    metadata: JSONColumnType<Record<string, string>>;
    failure: JSONColumnType<Failure> | null;
    cancel_reason: string | null;
    cancel_requested: Generated<boolean>;
    screening: JSONColumnType<Verdict> | null;
    review_by: Date | null;
    review: JSONColumnType<StoredReview> | null;
    created_at: Date;
    updated_at: Generated<Date>;
    placed_no: Generated<number>;
    settled_at: Date | null;
    lane: GeneratedAlways<string>;
    failure_reason: GeneratedAlways<FailureReason | null>;
  };
  cancel_requests: {
    order_id: string;
    reason: string;
    actor: JSONColumnType<Actor> | null;
    requested_at: Generated<Date>;
  };
  order_lines: { order_id: string; sku: string; name: string; quantity: number; unit_price_minor: number };
  order_events: {
    order_id: string;
    seq: number;
    type: string;
    data: JSONColumnType<Record<string, unknown>>;
    created_at: Generated<Date>;
    actor: JSONColumnType<Actor> | null;
  };
  reservations: {
    order_id: string;
    sku: string;
    quantity: number;
    state: ReservationState;
    expires_at: Date | null;
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
    idempotency_key: string | null;
    created_at: Generated<Date>;
    actor: JSONColumnType<Actor> | null;
  };
  gateway_calls: {
    id: Generated<number>;
    order_id: string;
    idempotency_key: string;
    operation: 'charge' | 'lookup' | 'refund';
    outcome: string;
    latency_ms: number;
    created_at: Generated<Date>;
  };
  payment_attempts: {
    order_id: string;
    attempt: number;
    owner: string;
    idempotency_key: string;
    amount_minor: number;
    currency: string;
    state: AttemptState;
    doubtful: Generated<boolean>;
    tries: Generated<number>;
    send_by: Date | null;
    reference: string | null;
    captured_minor: number | null;
    captured_currency: string | null;
    decline_code: string | null;
    last_error: string | null;
    waits_until: Date | null;
    gateway: Generated<string>;
    charge_id: string | null;
    next_action: JSONColumnType<NextAction> | null;
    act_by: Date | null;
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
    refund_id: string;
    number: Generated<number>;
    order_id: string;
    attempt: number;
    amount_minor: number;
    currency: string;
    state: RefundState;
    reason: Generated<string>;
    restock: Generated<boolean>;
    fingerprint: string | null;
    reference: string | null;
    last_error: string | null;
    taken_back: Generated<boolean>;
    tries: Generated<number>;
    looked_up: Generated<boolean>;
    send_by: Date | null;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
    actor: JSONColumnType<Actor> | null;
  };
  disputes: {
    gateway: string;
    dispute_id: string;
    order_id: string;
    attempt: number;
    amount_minor: number;
    currency: string;
    reason: string;
    status: 'open' | 'won' | 'lost';
    respond_by: Date | null;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
  };
  audit_cursors: { check_name: string; settled_at: Date; key: string };
  dead_letters: {
    id: Generated<string>;
    order_id: string;
    kind: DeadLetterKind;
    step: string;
    error_class: string;
    attempts: Generated<number>;
    last_error: string;
    subject: Generated<string>;
    state: Generated<DeadLetterState>;
    resolution: string | null;
    note: string | null;
    evidence: JSONColumnType<Said> | null;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
    redriven_by: JSONColumnType<Actor> | null;
    evidence_by: JSONColumnType<Actor> | null;
    discarded_by: JSONColumnType<Actor> | null;
  };
  notices: {
    order_id: string;
    seq: number;
    channel: string;
    state: Generated<NoticeState>;
    attempts: Generated<number>;
    last_error: string | null;
    watch_at: Date | null;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
  };
  gateway_events: {
    gateway: string;
    event_id: string;
    type: string;
    charge_key: string | null;
    refund_key: string | null;
    order_id: string | null;
    received_at: Generated<Date>;
    processed_at: Date | null;
    effect: string | null;
  };
  webhook_endpoints: {
    id: Generated<string>;
    url: string;
    description: string;
    event_types: string[];
    trail_types: string[];
    state: Generated<'enabled' | 'disabled' | 'deleted'>;
    disabled_reason: string | null;
    secret: string;
    old_secret: string | null;
    old_secret_until: Date | null;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
  };
  outbox: {
    id: Generated<number>;
    order_id: string;
    seq: number;
    type: string;
    attempts: Generated<number>;
    last_error: string | null;
    due_at: Generated<Date>;
    created_at: Generated<Date>;
  };
  webhook_deliveries: {
    id: Generated<string>;
    endpoint_id: string;
    message_id: string;
    type: string;
    order_id: string | null;
    seq: number | null;
    state: DeliveryState;
    round: Generated<number>;
    tries: Generated<number>;
    next_attempt_at: Date | null;
    watch_at: Generated<Date>;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
  };
  delivery_attempts: {
    delivery_id: string;
    number: number;
    at: Generated<Date>;
    outcome: 'accepted' | 'refused' | 'gone' | 'no_answer' | 'not_sent';
    status_code: number | null;
    detail: Generated<string>;
    latency_ms: number;
    response: string | null;
  };
  webhook_recoveries: {
    endpoint_id: string;
    since: Date;
    until: Date;
    missed_only: boolean;
    reached_at: Date;
    reached_order: Generated<string>;
    reached_seq: Generated<number>;
    resent: Generated<number>;
    due_at: Generated<Date>;
    started_at: Generated<Date>;
    finished_at: Date | null;
  };
  console_sessions: { token_hash: Buffer; key_id: string; created_at: Generated<Date>; expires_at: Date };
  api_keys: {
    key_id: string;
    name: string;
    hash: Buffer;
    scopes: Scope[];
    created_at: Generated<Date>;
    expires_at: Date | null;
    revoked_at: Date | null;
    last_used_at: Date | null;
  };
}
