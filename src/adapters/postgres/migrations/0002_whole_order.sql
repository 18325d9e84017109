-- The rest of an order's life: review, refunds on request, dead letters, events from gateways.

alter table orders
  add column cancel_requested boolean not null default false,
  -- The verdict of the fraud checks, stored once.
  add column screening jsonb,
  add column review_by timestamptz,
  -- The first decision of a review, a person's or the deadline's.
  add column review jsonb;
create index orders_by_customer on orders (customer_id, created_at, order_id);

alter table reservations
  add column expires_at timestamptz,
  drop constraint reservations_state_check,
  add constraint reservations_state_check
    check (state in ('active', 'committed', 'released', 'expired', 'restocked'));
create index reservations_to_expire on reservations (expires_at) where state = 'active';

-- Every call to a gateway, as it was made.
create table gateway_calls (
  id bigint generated always as identity primary key,
  order_id text collate "C" not null references orders,
  idempotency_key text not null,
  operation text not null check (operation in ('charge', 'lookup', 'refund')),
  outcome text not null,
  latency_ms integer not null check (latency_ms >= 0),
  created_at timestamptz not null default now()
);
create index gateway_calls_by_order on gateway_calls (order_id, id);

-- One row for one refund; a redrive gives it the next number and a new key. Without a fingerprint nobody asked for it:
-- it undoes its order.
alter table refunds
  add column refund_id text collate "C",
  add column number integer not null default 1 check (number > 0),
  add column reason text not null default '',
  add column restock boolean not null default false,
  add column fingerprint text,
  -- The gateway has said that this refund, under its present key, failed after all.
  add column taken_back boolean not null default false;
update refunds set refund_id = 'undo-' || order_id || '-' || attempt;
alter table refunds alter column refund_id set not null, add unique (refund_id);

create table dead_letters (
  id text collate "C" primary key default 'dl_' || replace(uuidv7()::text, '-', ''),
  order_id text collate "C" not null,
  kind text not null check (kind in (
    'charge', 'reserve', 'payment_unknown', 'compensation', 'refund', 'run', 'books')),
  step text not null,
  error_class text not null,
  attempts integer not null default 0,
  last_error text not null,
  -- What it is about beyond the order, such as a refund.
  subject text not null default '',
  state text not null default 'open' check (state in ('open', 'redriving', 'resolved', 'discarded')),
  resolution text,
  note text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
-- One thing is wrong once.
create unique index dead_letters_unsettled on dead_letters (order_id, kind, subject)
  where state in ('open', 'redriving');
create index dead_letters_by_state on dead_letters (state, created_at, id);

-- The inbox of gateways' own messages. A row is stored before it is acknowledged, and never lost.
create table gateway_events (
  gateway text not null,
  event_id text not null,
  type text not null,
  charge_key text,
  refund_key text,
  order_id text,
  received_at timestamptz not null default now(),
  processed_at timestamptz,
  effect text,
  primary key (gateway, event_id)
);
create index gateway_events_unprocessed on gateway_events (received_at) where processed_at is null;

alter table stock_movements add column idempotency_key text unique;
