-- What orders wait for, and the circuit breakers that make them wait.

alter table payment_attempts
  -- While the gateway is not asked: no try comes before. Written only when a call was refused.
  add column waits_until timestamptz;

-- One row for each worker whose breaker is not closed.
create table gateway_breakers (
  process uuid not null,
  gateway text not null,
  state text not null check (state in ('open', 'half_open')),
  scope text not null check (scope in ('gateway', 'method')),
  -- Since when it is not closed.
  since timestamptz not null default now(),
  -- When a call may probe; null while one does.
  until timestamptz,
  -- A worker that dies leaves its row behind; one that lives touches it.
  seen_at timestamptz not null default now(),
  primary key (process, gateway)
);
