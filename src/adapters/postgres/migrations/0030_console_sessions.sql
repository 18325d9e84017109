-- Who is signed in to the console. A session is found by the hash of its token, and ends with its API key.
create table console_sessions (
  token_hash bytea primary key check (length(token_hash) = 32),
  key_id text collate "C" not null references api_keys on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index console_sessions_expired on console_sessions (expires_at);
