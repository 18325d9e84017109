-- What an order's total has beside its lines: shipping, tax, discounts and fees. Null without any.
alter table orders add column adjustments jsonb check (jsonb_typeof(adjustments) = 'array');

-- Like the lines, they are written once. The trigger costs no other update of the row anything.
create trigger orders_keep_adjustments before update of adjustments on orders
  for each row execute function refuse_rewriting();
