-- Cancels that were accepted, one for each order, whether or not the order has a row yet. The first one counts.
create table cancel_requests (
  order_id text collate "C" primary key,
  reason text not null,
  actor jsonb,
  requested_at timestamptz not null default now()
);
