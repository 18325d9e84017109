-- What left for customers, parcel by parcel. An order that ships in one piece needs no row here: it is completed.

-- Whether some of it has left. In the order's row, so that whoever waits for its lock sees it.
alter table orders add column shipping boolean not null default false;

create table fulfilments (
  fulfilment_id text collate "C" primary key,
  order_id text collate "C" not null references orders,
  carrier text,
  tracking_number text,
  tracking_url text,
  fingerprint text not null,
  actor jsonb,
  created_at timestamptz not null default now()
);
create index fulfilments_by_order on fulfilments (order_id, created_at);

create table fulfilment_items (
  fulfilment_id text collate "C" not null references fulfilments,
  order_id text collate "C" not null,
  sku text collate "C" not null,
  quantity integer not null check (quantity > 0),
  primary key (fulfilment_id, sku),
  foreign key (order_id, sku) references order_lines (order_id, sku)
);
create index fulfilment_items_by_order on fulfilment_items (order_id, sku);

create trigger fulfilments_append_only before update or delete on fulfilments
  for each row execute function refuse_rewriting();
create trigger fulfilment_items_append_only before update or delete on fulfilment_items
  for each row execute function refuse_rewriting();

-- As before, with the notice about a parcel.
create or replace function fill_outbox() returns trigger language plpgsql as $$
begin
  insert into outbox (order_id, seq, type, created_at)
  select e.order_id, e.seq, e.type, e.created_at
  from fresh e
  where e.type in ('order.confirmed', 'order.failed', 'order.cancelled', 'refund.succeeded', 'fulfilment.created')
     or exists (select from webhook_endpoints w where w.state = 'enabled' and e.type = any (w.trail_types));
  if found and pg_try_advisory_xact_lock(5280017) then
    perform pg_notify('holdfast_outbox', '');
  end if;
  return null;
end $$;
