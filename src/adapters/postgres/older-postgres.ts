/** Replaces features of PostgreSQL 18 that migrations and statements use, on servers from 15 on that lack them. */
export const SUPPLY_MISSING = `
do $do$
begin
  -- Milliseconds, twelve bits of the fraction of one, then chance, as in RFC 9562: later ids sort after earlier ones.
  if to_regprocedure('uuidv7()') is null then
    create function uuidv7() returns uuid language sql volatile parallel safe as $body$
      select encode(
        overlay(
          overlay(uuid_send(gen_random_uuid()) placing substring(int8send(us / 1000) from 3) from 1 for 6)
          placing substring(int4send(x'7000'::int + ((us % 1000) * 4096 / 1000)::int) from 3) from 7 for 2),
        'hex')::uuid
      from (select (extract(epoch from clock_timestamp()) * 1000000)::bigint as us) as now
    $body$;
  end if;
  if to_regcollation('pg_unicode_fast') is null then
    create collation pg_unicode_fast (provider = icu, locale = 'und');
  end if;
end
$do$`;
