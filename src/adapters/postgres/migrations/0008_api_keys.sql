-- API keys, of which only a hash is kept, and the counters of the rate limits.

create table api_keys (
  key_id text collate "C" primary key check (key_id ~ '^[0-9A-Za-z]{10}$'),
  name text not null check (length(name) between 1 and 100),
  hash bytea not null unique check (length(hash) = 32),
  scopes text[] not null
    check (cardinality(scopes) > 0 and scopes <@ array['orders', 'catalog', 'operations', 'admin']),
  created_at timestamptz not null default now(),
  expires_at timestamptz check (expires_at > created_at),
  revoked_at timestamptz,
  last_used_at timestamptz
) with (fillfactor = 70);

-- The columns are those that rate-limiter-flexible expects. After a crash of the database the counting starts anew.
create unlogged table rate_limits (
  key text collate "C" primary key,
  points integer not null default 0,
  expire bigint
) with (fillfactor = 50);
create index rate_limits_expired on rate_limits (expire);
