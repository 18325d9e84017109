-- A SKU is text of up to 64 characters. The API has the whole rule; this one keeps out what would break a line or a path.
alter table products drop constraint products_sku_check;
alter table products add constraint products_sku_check
  check (char_length(sku) between 1 and 64 and sku = btrim(sku) and sku !~ '[\u0001-\u001f\u007f-\u009f]');

-- No URL can name these two, so nobody could take them off sale.
update products set active = false, version = version + 1, updated_at = now() where sku in ('.', '..') and active;
