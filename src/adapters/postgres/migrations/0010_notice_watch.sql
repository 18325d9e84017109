-- Notices that a workflow sends are found again when that workflow was ended from outside.

-- From then on a relay looks whether a workflow works on it. Absent while none is to, so that a notice which its first
-- try has settled never touches the index.
alter table notices add column watch_at timestamptz;
update notices set watch_at = now() where state = 'pending';
create index notices_to_watch on notices (watch_at) where watch_at is not null;
