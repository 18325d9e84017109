-- What a receiver answered, and resending to an endpoint what it has missed.

-- The first kilobyte of the answer's body, as text.
alter table delivery_attempts add column response text check (length(response) <= 1024);

-- Events are only ever appended, so a block range is all that finding them by time needs.
create index order_events_by_time on order_events using brin (created_at) with (pages_per_range = 16);

create table webhook_recoveries (
  endpoint_id text collate "C" primary key references webhook_endpoints on delete cascade,
  since timestamptz not null,
  until timestamptz not null,
  missed_only boolean not null,
  -- The last event that was looked at: the next batch starts after it.
  reached_at timestamptz not null,
  reached_order text collate "C" not null default '',
  reached_seq integer not null default 0,
  resent integer not null default 0,
  -- The lease of the relay that works on it.
  due_at timestamptz not null default now(),
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  check (since < until)
);
create index webhook_recoveries_due on webhook_recoveries (due_at) where finished_at is null;
