-- Refunds whose outcome nobody knows, and a history of the stock that nobody can rewrite.

alter table refunds
  -- Sends under the present key since one of them had no known outcome.
  add column tries integer not null default 0 check (tries >= 0),
  -- Its tries are used up: what became of it is looked up, and nothing is sent until that is known.
  add column looked_up boolean not null default false;

create function refuse_rewriting() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: a wrong row is made good by another one', tg_table_name;
end $$;
create trigger stock_movements_append_only before update or delete on stock_movements
  for each row execute function refuse_rewriting();
