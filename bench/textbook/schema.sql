create table products (
  sku text primary key,
  name text not null,
  currency text not null,
  unit_price_minor bigint not null
);

create table stock (
  sku text primary key references products,
  on_hand bigint not null check (on_hand >= 0),
  reserved bigint not null default 0,
  check (reserved between 0 and on_hand)
);

create table orders (
  order_id text primary key,
  customer_id text not null,
  currency text not null,
  total_minor bigint not null,
  status text not null check (status in ('reserved', 'confirmed', 'failed')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table order_lines (
  order_id text not null references orders,
  sku text not null references stock,
  quantity integer not null check (quantity > 0),
  unit_price_minor bigint not null,
  primary key (order_id, sku)
);

create table payments (
  order_id text primary key references orders,
  amount_minor bigint not null,
  reference text not null,
  created_at timestamptz not null default now()
);
