-- The Idempotency-Keys that came together with an order_id: each belongs to the first order that it came with.
create table checkout_keys (
  key_hash bytea primary key check (octet_length(key_hash) = 32),
  order_id text collate "C" not null check (order_id ~ '^[A-Za-z0-9_-]{1,64}$'),
  created_at timestamptz not null default now()
);
