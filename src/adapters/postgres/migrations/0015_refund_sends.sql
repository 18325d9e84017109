-- A refund is claimed before it is sent: no two senders meet, and none is late.
alter table refunds
  -- Whoever claimed it sends no byte of it after this time; null when that call is over.
  add column send_by timestamptz;

-- How far each audit check has asked the gateway about what was settled within the last day.
create table audit_cursors (
  check_name text primary key,
  settled_at timestamptz not null,
  key text collate "C" not null
);
