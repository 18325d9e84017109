-- A role for `holdfast serve` that reads and writes rows, and changes no table. Run this in Holdfast's database as its
-- owner, after `holdfast migrate`; from then on `migrate` runs as the owner, before each new version, and `serve`, `seed`
-- and `import` run as this role. It cannot log in before it is told how:
--
--   alter role holdfast_app login password '…';
--
-- and give `serve` a DATABASE_URL with that role.

do $$
begin
  create role holdfast_app nologin;
exception when duplicate_object then null;
end $$;

do $$
begin
  execute format('grant connect, temporary on database %I to holdfast_app', current_database());
end $$;

grant usage on schema public to holdfast_app;
grant select, insert, update, delete on all tables in schema public to holdfast_app;
grant usage on all sequences in schema public to holdfast_app;

-- What later migrations make.
alter default privileges in schema public grant select, insert, update, delete on tables to holdfast_app;
alter default privileges in schema public grant usage on sequences to holdfast_app;
