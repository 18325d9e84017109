-- Notices to customers: each event of an order once through each channel.

alter table orders add column customer_email text check (length(customer_email) between 3 and 254);

create table notices (
  order_id text collate "C" not null,
  seq integer not null,
  channel text not null check (channel ~ '^[a-z][a-z0-9_]{0,31}$'),
  state text not null default 'pending' check (state in ('pending', 'sent', 'skipped', 'failed')),
  attempts integer not null default 0 check (attempts >= 0),
  -- A class of errors, or why it was skipped. Never a message: those name the customer.
  last_error text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (order_id, seq, channel),
  foreign key (order_id, seq) references order_events
) with (fillfactor = 70);

alter table dead_letters
  drop constraint dead_letters_kind_check,
  add constraint dead_letters_kind_check check (kind in (
    'charge', 'reserve', 'payment_unknown', 'compensation', 'refund', 'run', 'books', 'notice'));
