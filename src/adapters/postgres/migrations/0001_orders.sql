-- Orders, their stock and their money. Amounts are integer minor units of the order's ISO 4217 currency.

create table products (
  sku text collate "C" primary key check (sku ~ '^[A-Za-z0-9._-]{1,64}$'),
  name text not null check (length(name) between 1 and 200),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  unit_price_minor bigint not null check (unit_price_minor between 0 and 999999999999),
  active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table stock (
  sku text collate "C" primary key references products,
  on_hand bigint not null check (on_hand >= 0),
  reserved bigint not null default 0,
  check (reserved between 0 and on_hand)
) with (fillfactor = 50);

create table orders (
  order_id text collate "C" primary key check (order_id ~ '^[A-Za-z0-9_-]{1,64}$'),
  owner text not null,
  status text not null check (status in (
    'pending', 'in_review', 'reserved', 'payment_unknown', 'confirmed', 'completed',
    'compensating', 'failed', 'cancelling', 'cancelled')),
  version integer not null check (version > 0),
  fingerprint text not null,
  request_id text not null,
  customer_id text not null,
  currency text not null,
  total_minor bigint not null check (total_minor >= 0),
  payment_method text not null,
  metadata jsonb not null,
  failure jsonb,
  cancel_reason text,
  created_at timestamptz not null,
  updated_at timestamptz not null default now(),
  check (status <> 'failed' or failure is not null)
) with (fillfactor = 70);

create table order_lines (
  order_id text collate "C" not null references orders,
  sku text collate "C" not null,
  name text not null,
  quantity integer not null check (quantity > 0),
  unit_price_minor bigint not null check (unit_price_minor >= 0),
  primary key (order_id, sku)
);

-- The trail of an order: one row for each version.
create table order_events (
  order_id text collate "C" not null references orders,
  seq integer not null check (seq > 0),
  type text not null,
  data jsonb not null default '{}',
  created_at timestamptz not null default now(),
  primary key (order_id, seq)
);

create table reservations (
  order_id text collate "C" not null references orders,
  sku text collate "C" not null references stock,
  quantity integer not null check (quantity > 0),
  state text not null check (state in ('active', 'committed', 'released', 'restocked')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (order_id, sku)
) with (fillfactor = 70);

-- Append-only: the sums of the deltas are the stock.
create table stock_movements (
  id bigint generated always as identity primary key,
  sku text collate "C" not null references stock,
  order_id text collate "C",
  kind text not null check (kind in ('adjust', 'reserve', 'release', 'commit', 'restock')),
  on_hand_delta bigint not null,
  reserved_delta bigint not null,
  reason text,
  created_at timestamptz not null default now()
);
create index stock_movements_by_sku on stock_movements (sku, id);

-- One row for each idempotency key that was, or was to be, sent to a gateway.
create table payment_attempts (
  order_id text collate "C" not null references orders,
  attempt integer not null check (attempt > 0),
  owner text not null,
  idempotency_key text not null unique,
  amount_minor bigint not null check (amount_minor >= 0),
  currency text not null,
  state text not null check (state in ('created', 'sent', 'unknown', 'captured', 'declined', 'not_charged')),
  -- A send whose outcome nobody saw. Only a look-up or a capture ends the doubt.
  doubtful boolean not null default false,
  tries integer not null default 0,
  -- No byte of this attempt is sent after this time.
  send_by timestamptz,
  reference text,
  captured_minor bigint,
  captured_currency text,
  decline_code text,
  last_error text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (order_id, attempt),
  check (state <> 'captured' or (reference is not null and captured_minor is not null))
) with (fillfactor = 70);

-- The one payment that settles an order. A stray capture stays on its attempt and is refunded from there.
create table payments (
  order_id text collate "C" primary key references orders,
  attempt integer not null,
  amount_minor bigint not null check (amount_minor >= 0),
  currency text not null,
  reference text not null,
  created_at timestamptz not null default now(),
  foreign key (order_id, attempt) references payment_attempts
);

create table refunds (
  idempotency_key text primary key,
  order_id text collate "C" not null references orders,
  attempt integer not null,
  amount_minor bigint not null check (amount_minor > 0),
  currency text not null,
  state text not null check (state in ('pending', 'succeeded', 'failed', 'unknown')),
  reference text,
  last_error text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  foreign key (order_id, attempt) references payment_attempts
);
create index refunds_by_order on refunds (order_id);
