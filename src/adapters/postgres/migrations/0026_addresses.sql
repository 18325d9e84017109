-- Where an order goes and how its customer is reached. Personal, like the e-mail address, and absent unless the shop gives it.
alter table orders
  add column customer_phone text check (length(customer_phone) between 1 and 40),
  add column shipping_address jsonb check (jsonb_typeof(shipping_address) = 'object'),
  add column billing_address jsonb check (jsonb_typeof(billing_address) = 'object');
