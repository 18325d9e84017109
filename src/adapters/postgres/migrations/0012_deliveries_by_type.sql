-- A list of the few deliveries of a rare type must not look at all the others.
create index webhook_deliveries_by_type on webhook_deliveries (type, id);
