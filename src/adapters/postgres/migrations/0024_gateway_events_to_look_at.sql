-- A stored gateway event waits for its next look in its own row: no workflow has to remember it.

-- The answer to our own call is usually about to be recorded; a moment later most events tell nothing new.
alter table gateway_events add column look_at timestamptz not null default now() + interval '3 seconds';
create index gateway_events_to_look_at on gateway_events (look_at) where processed_at is null;
-- Whatever reads all of them finds them in the new index as well.
drop index gateway_events_unprocessed;
