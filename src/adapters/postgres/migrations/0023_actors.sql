-- On whose behalf: the request, its API key and, if one was given, a name. Null for what Holdfast did on its own.
alter table order_events add column actor jsonb;
alter table refunds add column actor jsonb;
alter table stock_movements add column actor jsonb;
-- The last of each.
alter table dead_letters
  add column redriven_by jsonb,
  add column evidence_by jsonb,
  add column discarded_by jsonb;
