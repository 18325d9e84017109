-- In which order rows of orders were written: what the velocity check counts by. Orders are not accepted in this order.
alter table orders add column placed_no bigint generated always as identity;
