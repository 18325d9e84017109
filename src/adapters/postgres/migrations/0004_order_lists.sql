-- Lists of orders by what people look for, and their counts without counting.

alter table orders
  -- When the order first had its answer. A redrive or a later cancel does not change it.
  add column settled_at timestamptz,
  -- The status for lists. Any index on the status itself, also a partial one, would end the heap-only updates of every
  -- order: this is the same before and after a capture. Those that are reserved are found by the stock they hold.
  add column lane text not null generated always as (
    case when status in ('reserved', 'confirmed') then 'usual' else status end) stored,
  -- A column and not an expression of the indexes: the planner has to know which reasons are common.
  add column failure_reason text generated always as (failure ->> 'reason') stored;
update orders o set settled_at = first.at
from (
  select order_id, min(created_at) as at from order_events
  where type in ('order.confirmed', 'order.failed', 'order.cancelled') group by order_id
) as first
where first.order_id = o.order_id;

-- A list without a status merges the lanes, so there is no index on the time alone.
drop index orders_by_customer;
create index orders_by_lane on orders (lane, created_at, order_id);
create index orders_by_customer on orders (customer_id, lane, created_at, order_id);
-- An order that does not fail never touches these.
create index orders_by_reason on orders (failure_reason, created_at, order_id) where failure_reason is not null;
create index orders_by_customer_reason on orders (customer_id, failure_reason, created_at, order_id)
  where failure_reason is not null;

-- Nearly all that have a reason have failed, which is no coincidence.
create statistics orders_status_and_reason (mcv) on status, failure_reason from orders;

-- How many orders have each status, and how long those took that had their first answer in it.
create table order_counts (
  status text primary key,
  orders bigint not null,
  settled bigint not null,
  settling_us numeric not null
) with (fillfactor = 50);

-- What is to be added to the counts. Only ever appended to by orders, so that none waits for another.
create table order_count_changes (
  from_status text,
  to_status text,
  settled smallint not null,
  settling_us bigint not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- Microseconds from the acceptance, by the API's clock, to the first answer; 0 without one.
create function settling_us(accepted timestamptz, settled timestamptz) returns bigint
  language sql immutable parallel safe
  return greatest(0, (extract(epoch from settled - accepted) * 1000000)::bigint);

create function note_order_count() returns trigger language plpgsql as $$
begin
  insert into order_count_changes (from_status, to_status, settled, settling_us)
  values (old.status, new.status,
          (new.settled_at is not null)::int - (old.settled_at is not null)::int,
          settling_us(new.created_at, new.settled_at) - settling_us(old.created_at, old.settled_at));
  return null;
end $$;
create trigger orders_counted after insert or delete on orders
  for each row execute function note_order_count();
create trigger orders_recounted after update on orders
  for each row when ((old.status, old.settled_at, old.created_at)
                     is distinct from (new.status, new.settled_at, new.created_at))
  execute function note_order_count();

create function forget_order_counts() returns trigger language plpgsql as $$
begin
  delete from order_counts;
  delete from order_count_changes;
  return null;
end $$;
create trigger orders_gone after truncate on orders for each statement execute function forget_order_counts();

insert into order_counts
select status, count(*), count(settled_at), sum(settling_us(created_at, settled_at)) from orders group by status;

-- The changes as they count for each status.
create view order_count_sums as
  select to_status as status, 1 as orders, settled, settling_us from order_count_changes where to_status is not null
  union all
  select from_status, -1, case when to_status is null then settled else 0 end,
         case when to_status is null then settling_us else 0 end
  from order_count_changes where from_status is not null;

-- The counts as of now, in one snapshot.
create view order_totals as
  select status, sum(orders) as orders, sum(settled) as settled, sum(settling_us) as settling_us
  from (
    select status, orders, settled, settling_us from order_counts
    union all
    select status, orders, settled, settling_us from order_count_sums
  ) as parts
  group by status;
