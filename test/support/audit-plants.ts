import type { OrderStatus } from '../../src/domain/order.js';
import { REWRITING } from './rewriting.js';

/** The check that must report it, the order it starts from and its age, and what is broken; `ID` is the order. */
export const PLANTS: [check: string, status: OrderStatus, age: string, breakIt: string][] = [
  [
    'one-charge-is-kept',
    'confirmed',
    '1 day',
    `insert into payment_attempts (order_id, attempt, owner, idempotency_key, amount_minor, currency, state, reference,
       captured_minor, captured_currency, updated_at)
     values ('ID', 2, 'run-1', 'ID:charge:2', 3998, 'EUR', 'captured', 'ch_2', 3998, 'EUR', now() - interval '1 hour')`,
  ],
  [
    // The same with the stray before the payment.
    'one-charge-is-kept',
    'confirmed',
    '1 day',
    `${REWRITING} insert into payment_attempts (order_id, attempt, owner, idempotency_key, amount_minor, currency, state,
       reference, captured_minor, captured_currency, updated_at)
     values ('ID', 2, 'run-1', 'ID:charge:2', 3998, 'EUR', 'captured', 'ch_2', 3998, 'EUR', now() - interval '1 hour');
     update payments set attempt = 2, reference = 'ch_2' where order_id = 'ID'`,
  ],
  [
    'refunds-stay-within-captures',
    'confirmed',
    '1 day',
    `insert into refunds (idempotency_key, refund_id, order_id, attempt, amount_minor, currency, state)
     values ('k1', 'r1-ID', 'ID', 1, 3998, 'EUR', 'succeeded'), ('k2', 'r2-ID', 'ID', 1, 1, 'EUR', 'pending')`,
  ],
  [
    'captured-money-has-an-order',
    'failed',
    '1 day',
    `update payment_attempts set state = 'captured', reference = 'ch', captured_minor = 3998, captured_currency = 'EUR'
     where order_id = 'ID'`,
  ],
  [
    'shipped-goods-were-ordered',
    'confirmed',
    '1 day',
    `insert into fulfilments (fulfilment_id, order_id, fingerprint) values ('ff-ID', 'ID', 'f');
     insert into fulfilment_items values ('ff-ID', 'ID', 'product-A', 3);
     update orders set shipping = true where order_id = 'ID'`,
  ],
  ['cancelled-orders-hold-no-money', 'cancelled', '1 day', `delete from refunds where order_id = 'ID'`],
  ['confirmed-orders-are-paid', 'confirmed', '1 day', `${REWRITING} delete from payments where order_id = 'ID'`],
  [
    'payments-are-captures',
    'confirmed',
    '1 day',
    `update payment_attempts set captured_minor = 3997 where order_id = 'ID'`,
  ],
  [
    'payments-confirm-orders',
    'failed',
    '1 day',
    `update payment_attempts set state = 'captured', reference = 'ch', captured_minor = 0, captured_currency = 'EUR'
     where order_id = 'ID';
     insert into payments (order_id, attempt, amount_minor, currency, reference) values ('ID', 1, 0, 'EUR', 'ch')`,
  ],
  ['totals-are-the-lines', 'failed', '1 day', `update orders set total_minor = 3999 where order_id = 'ID'`],
  [
    'totals-are-the-lines',
    'failed',
    '1 day',
    `${REWRITING} update orders set adjustments = '[{"type":"fee","label":"x","amountMinor":1}]' where order_id = 'ID'`,
  ],
  [
    'charge-keys-name-their-order',
    'failed',
    '1 day',
    `update payment_attempts set idempotency_key = 'other:charge:1' where order_id = 'ID'`,
  ],
  [
    'settled-orders-know-their-charges',
    'cancelled',
    '1 day',
    `insert into payment_attempts (order_id, attempt, owner, idempotency_key, amount_minor, currency, state, updated_at)
     values ('ID', 2, 'run-2', 'ID:charge:2', 3998, 'EUR', 'unknown', now() - interval '1 hour')`,
  ],
  [
    'failed-refunds-have-a-letter',
    'confirmed',
    '1 day',
    `insert into refunds (idempotency_key, refund_id, order_id, attempt, amount_minor, currency, state)
     values ('k1', 'r1-ID', 'ID', 1, 100, 'EUR', 'failed')`,
  ],
  [
    'stock-is-its-movements',
    'confirmed',
    '1 day',
    `insert into stock_movements (sku, kind, on_hand_delta, reserved_delta) values ('product-A', 'release', 0, -1)`,
  ],
  [
    'stocked-goods-are-accounted-for',
    'confirmed',
    '1 day',
    `insert into stock_movements (sku, kind, on_hand_delta, reserved_delta)
     values ('product-A', 'adjust', 1, 0), ('product-A', 'commit', -1, 0)`,
  ],
  [
    'orders-have-what-they-took',
    'confirmed',
    '1 day',
    `insert into stock_movements (sku, order_id, kind, on_hand_delta, reserved_delta)
     values ('product-A', 'ID', 'restock', 2, 0), ('product-A', null, 'commit', -2, 0)`,
  ],
  [
    'returned-goods-are-not-shipped',
    'completed',
    '1 day',
    `update reservations set state = 'restocked' where order_id = 'ID';
     update stock set on_hand = on_hand + 2 where sku = 'product-A';
     insert into stock_movements (sku, order_id, kind, on_hand_delta, reserved_delta, created_at)
     values ('product-A', 'ID', 'restock', 2, 0, now() - interval '1 hour')`,
  ],
  [
    'reserved-stock-is-its-reservations',
    'reserved',
    '1 minute',
    `update reservations set quantity = 1 where order_id = 'ID'`,
  ],
  [
    'confirmed-orders-are-filled',
    'confirmed',
    '1 day',
    `${REWRITING} update order_lines set quantity = 1, unit_price_minor = 3998 where order_id = 'ID'`,
  ],
  [
    'settled-orders-hold-no-stock',
    'failed',
    '1 day',
    `update reservations set state = 'active' where order_id = 'ID';
     update stock set reserved = reserved + 2 where sku = 'product-A';
     insert into stock_movements (sku, order_id, kind, on_hand_delta, reserved_delta)
     values ('product-A', 'ID', 'reserve', 0, 2)`,
  ],
  [
    'paying-orders-keep-their-stock',
    'payment_unknown',
    '1 minute',
    `update reservations set state = 'expired', updated_at = now() where order_id = 'ID';
     update stock set reserved = reserved - 2 where sku = 'product-A';
     insert into stock_movements (sku, order_id, kind, on_hand_delta, reserved_delta)
     values ('product-A', 'ID', 'release', 0, -2)`,
  ],
  [
    'expired-reservations-are-freed',
    'reserved',
    '1 minute',
    `update reservations set expires_at = now() - interval '1 hour' where order_id = 'ID'`,
  ],
  ['versions-are-counted-by-events', 'confirmed', '1 day', `update orders set version = 4 where order_id = 'ID'`],
  [
    'transitions-are-legal',
    'confirmed',
    '1 day',
    `${REWRITING} update order_events set type = 'order.compensating' where order_id = 'ID' and seq = 2`,
  ],
  ['statuses-follow-events', 'confirmed', '1 day', `update orders set status = 'completed' where order_id = 'ID'`],
  ['confirmations-were-paid', 'cancelled', '1 day', `${REWRITING} delete from payments where order_id = 'ID'`],
  [
    'gateway-events-have-one-effect',
    'confirmed',
    '1 day',
    `insert into gateway_events (gateway, event_id, type, order_id, processed_at) values ('g', 'e', 't', 'ID', now())`,
  ],
  [
    'gateway-events-are-processed',
    'confirmed',
    '1 day',
    `insert into gateway_events (gateway, event_id, type, order_id, received_at)
     values ('g', 'e', 't', 'ID', now() - interval '11 minutes')`,
  ],
  ['checkouts-end', 'pending', '31 minutes', 'select 1'],
  ['checkouts-end', 'reserved', '31 minutes', 'select 1'],
  [
    'reviews-end',
    'in_review',
    '1 day',
    `update orders set review_by = now() - interval '1 hour' where order_id = 'ID'`,
  ],
  ['undos-end', 'compensating', '61 minutes', 'select 1'],
  ['undos-end', 'cancelling', '61 minutes', 'select 1'],
  ['unknown-payments-have-a-letter', 'payment_unknown', '16 minutes', `delete from dead_letters where order_id = 'ID'`],
  [
    'refunds-end',
    'confirmed',
    '1 day',
    `insert into refunds (idempotency_key, refund_id, order_id, attempt, amount_minor, currency, state, created_at)
     values ('k1', 'r1-ID', 'ID', 1, 100, 'EUR', 'unknown', now() - interval '61 minutes')`,
  ],
  [
    'refunds-restock',
    'confirmed',
    '1 day',
    `insert into refunds (idempotency_key, refund_id, order_id, attempt, amount_minor, currency, state, restock, updated_at)
     values ('k1', 'r1-ID', 'ID', 1, 100, 'EUR', 'succeeded', true, now() - interval '61 minutes')`,
  ],
  [
    'redrives-end',
    'failed',
    '1 day',
    `insert into dead_letters (order_id, kind, step, error_class, last_error, state, updated_at)
     values ('ID', 'charge', 'charge', 'x', 'x', 'redriving', now() - interval '61 minutes')`,
  ],
  [
    'counts-are-the-orders',
    'confirmed',
    '1 day',
    `insert into order_counts values ('confirmed', 1, 0, 0)
     on conflict (status) do update set orders = order_counts.orders + 1`,
  ],
  [
    'reserved-orders-hold-stock',
    'reserved',
    '16 minutes',
    `update reservations set state = 'released', updated_at = now() where order_id = 'ID';
     update stock set reserved = reserved - 2 where sku = 'product-A';
     insert into stock_movements (sku, order_id, kind, on_hand_delta, reserved_delta)
     values ('product-A', 'ID', 'release', 0, -2)`,
  ],
  [
    'cancels-are-carried-out',
    'confirmed',
    '1 day',
    `insert into cancel_requests (order_id, reason, requested_at) values ('ID', 'asked', now() - interval '1 hour')`,
  ],
  [
    'outbox-is-drained',
    'confirmed',
    '1 day',
    `update outbox set created_at = now() - interval '11 minutes' where order_id = 'ID'`,
  ],
];
