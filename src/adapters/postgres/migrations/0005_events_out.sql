-- Events out: who wants which, what is still to be handed on, and what became of each delivery.

create table webhook_endpoints (
  id text collate "C" primary key default 'we_' || replace(uuidv7()::text, '-', ''),
  url text not null check (length(url) between 1 and 2000),
  description text not null default '' check (length(description) <= 200),
  event_types text[] not null check (cardinality(event_types) > 0),
  -- The types of order_events from which an event that it wants may come.
  trail_types text[] not null,
  state text not null default 'enabled' check (state in ('enabled', 'disabled', 'deleted')),
  disabled_reason text,
  -- Two at most sign: after a rotation the old one for a while too.
  secret text not null,
  old_secret text,
  old_secret_until timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (state <> 'disabled' or disabled_reason is not null),
  check ((old_secret is null) = (old_secret_until is null))
);
-- A second endpoint with the same address would get everything twice.
create unique index webhook_endpoints_by_url on webhook_endpoints (url) where state <> 'deleted';

-- A row for each event that somebody wants and that is not handed on yet.
create table outbox (
  id bigint generated always as identity primary key,
  order_id text collate "C" not null,
  seq integer not null,
  type text not null,
  attempts integer not null default 0,
  last_error text,
  -- Nobody takes it before: the lease of the relay that has it, or the pause after a fault.
  due_at timestamptz not null default now(),
  created_at timestamptz not null default now()
) with (autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_scale_factor = 0);
create index outbox_due on outbox (due_at);

-- The relay is woken by one of several who commit at once: NOTIFY makes commits wait for each other, the lock does not.
create function fill_outbox() returns trigger language plpgsql as $$
begin
  insert into outbox (order_id, seq, type, created_at)
  select e.order_id, e.seq, e.type, e.created_at
  from fresh e
  where e.type in ('order.confirmed', 'order.failed', 'order.cancelled', 'refund.succeeded')
     or exists (select from webhook_endpoints w where w.state = 'enabled' and e.type = any (w.trail_types));
  if found and pg_try_advisory_xact_lock(5280017) then
    perform pg_notify('holdfast_outbox', '');
  end if;
  return null;
end $$;

create trigger order_events_to_outbox after insert on order_events
  referencing new table as fresh for each statement execute function fill_outbox();

create table webhook_deliveries (
  id text collate "C" primary key default 'wd_' || replace(uuidv7()::text, '-', ''),
  endpoint_id text collate "C" not null references webhook_endpoints,
  message_id text not null,
  type text not null,
  -- Absent for a test.
  order_id text collate "C",
  seq integer,
  state text not null check (state in ('pending', 'retrying', 'delivered', 'failed', 'cancelled')),
  -- Each replay is a round of its own, with tries counted from zero.
  round integer not null default 0,
  tries integer not null default 0,
  next_attempt_at timestamptz,
  -- From then on a relay looks whether a workflow works on it.
  watch_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (message_id, endpoint_id)
);
create index webhook_deliveries_by_endpoint on webhook_deliveries (endpoint_id, id);
create index webhook_deliveries_by_order on webhook_deliveries (order_id, id);
create index webhook_deliveries_not_done on webhook_deliveries (state, id) where state <> 'delivered';
create index webhook_deliveries_to_watch on webhook_deliveries (watch_at) where state in ('pending', 'retrying');

create table delivery_attempts (
  delivery_id text collate "C" not null references webhook_deliveries on delete cascade,
  number integer not null check (number > 0),
  at timestamptz not null default now(),
  outcome text not null check (outcome in ('accepted', 'refused', 'gone', 'no_answer', 'not_sent')),
  status_code integer,
  detail text not null default '',
  latency_ms integer not null check (latency_ms >= 0),
  primary key (delivery_id, number)
);
