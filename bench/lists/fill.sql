-- Orders of a shop's last weeks, one every 30 seconds; holdfast.orders says how many, and holdfast.only_settled whether all of
-- them are settled. 90 % are confirmed or completed, a tenth belongs to one customer, and of everything rare there is a little,
-- also among the oldest.
insert into stock (sku, on_hand)
select sku, 1000000000 from products where sku like 'bench-%' on conflict do nothing;

create temporary table fill on commit drop as
select n, 'order-' || lpad(n::text, 8, '0') as order_id, total - n as age,
       case when n % 10 = 3 then 'customer-large' else 'customer-' || n % 20000 end as customer_id,
       case
         when current_setting('holdfast.only_settled')::boolean then
           case when draw < 0.06 then 'failed' when draw < 0.09 then 'cancelled'
                when n < total * 0.6 then 'completed' else 'confirmed' end
         when total - n < 40 and n % 4 = 1 then 'reserved'
         when total - n < 40 and n % 4 = 2 then 'pending'
         when n % 9973 = 7 then 'reserved'
         when n % 997 = 5 then 'in_review'
         when n % 4999 = 11 then 'payment_unknown'
         when n % 4999 = 13 then 'compensating'
         when n % 4999 = 17 then 'cancelling'
         when draw < 0.06 then 'failed'
         when draw < 0.09 then 'cancelled'
         when n < total * 0.6 and n % 499 <> 0 then 'completed'
         else 'confirmed'
       end as status,
       case when pick < 0.70 then 'payment_declined' when pick < 0.95 then 'out_of_stock' when pick < 0.98 then 'fraud_rejected'
            when pick < 0.995 then 'payment_unavailable' else 'expired' end as reason
from (
  select n, total, (hashint4(n)::bigint & 65535) / 65536.0 as draw, (hashint4(n + 7)::bigint & 65535) / 65536.0 as pick
  from (select current_setting('holdfast.orders')::int as total) as size, generate_series(1, total) as n
) as drawn;

insert into orders (order_id, owner, status, version, fingerprint, request_id, customer_id, currency, total_minor,
                    payment_method, metadata, failure, cancel_reason, created_at, updated_at, settled_at)
select order_id, 'run-1', status, 3, repeat('f', 64), 'request', customer_id, 'EUR', 300, 'pm_ok', '{}',
       case when status in ('failed', 'compensating')
            then jsonb_build_object('step', 'charge', 'reason', reason, 'detail', 'as it was') end,
       case when status in ('cancelling', 'cancelled') then 'changed their mind' end,
       at, at + interval '400 ms',
       case when status in ('confirmed', 'completed', 'failed', 'cancelled') then at + interval '400 ms' end
from fill, lateral (select date_trunc('milliseconds', now()) - age * interval '30 s' as at) as moment order by n;

insert into order_lines
select order_id, 'bench-' || lpad(((n + k) % 50)::text, 2, '0'), 'Product', 1, 150 from fill, generate_series(0, 1) as k;

insert into reservations (order_id, sku, quantity, state)
select order_id, 'bench-' || lpad(((n + k) % 50)::text, 2, '0'), 1,
       case when status in ('reserved', 'payment_unknown', 'compensating') then 'active'
            when status = 'failed' then 'released' when status = 'cancelled' then 'restocked' else 'committed' end
from fill, generate_series(0, 1) as k where status not in ('pending', 'in_review');

insert into payment_attempts (order_id, attempt, owner, idempotency_key, amount_minor, currency, state, tries, reference,
                              captured_minor, captured_currency)
select order_id, 1, 'run-1', order_id || ':charge:1', 300, 'EUR',
       case when paid then 'captured' when status = 'failed' then 'declined' else 'unknown' end, 1,
       case when paid then 'ch_' || n end, case when paid then 300 end, case when paid then 'EUR' end
from fill, lateral (select status in ('confirmed', 'completed', 'cancelling', 'cancelled') as paid) as money
where status not in ('pending', 'in_review', 'reserved');

insert into payments (order_id, attempt, amount_minor, currency, reference)
select order_id, attempt, 300, 'EUR', reference from payment_attempts where state = 'captured';

insert into refunds (idempotency_key, refund_id, order_id, attempt, amount_minor, currency, state)
select order_id || ':charge:1:undo', 'undo-' || order_id || '-1', order_id, 1, 300, 'EUR', 'succeeded'
from fill where status = 'cancelled';
