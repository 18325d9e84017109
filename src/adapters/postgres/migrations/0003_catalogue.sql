-- The catalogue as operators keep it: versions against lost updates, soft deletion, lists that stay quick.

alter table products
  add column version integer not null default 1 check (version > 0),
  add column deleted_at timestamptz,
  -- For what a name begins with, in upper or lower case of every script, whatever the database's own locale is.
  add column name_folded text collate "C" not null
    generated always as (lower(name collate "pg_unicode_fast") collate "C") stored,
  -- What refuses an inactive product refuses a deleted one too.
  add constraint products_deleted_are_inactive check (deleted_at is null or not active);

create index products_for_sale on products (sku) where active;
create index products_not_for_sale on products (sku) where not active and deleted_at is null;
create index products_by_currency on products (currency, sku) where deleted_at is null;
create index products_by_name on products (name_folded, sku) where deleted_at is null;
