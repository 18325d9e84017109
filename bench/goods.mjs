/** What both sides sell: enough SKUs that stock rows are shared but are not the bottleneck, and never sold out. */
export const PRODUCT_COUNT = 50;
export const LINES_PER_ORDER = 2;
const ON_HAND = 10_000_000;

export const PRODUCTS = Array.from({ length: PRODUCT_COUNT }, (_, i) => ({
  sku: `bench-${String(i).padStart(2, '0')}`,
  name: `Product ${i}`,
  currency: 'EUR',
  unitPriceMinor: 100 + i,
  onHand: ON_HAND,
}));

/** The nth checkout. Its two SKUs walk over all pairs, the same ones for both sides. */
export function checkoutOf(orderId, n) {
  const first = n % PRODUCT_COUNT;
  const second = (first + 1 + (Math.floor(n / PRODUCT_COUNT) % (PRODUCT_COUNT - 1))) % PRODUCT_COUNT;
  const items = [
    { sku: PRODUCTS[first].sku, quantity: 1 },
    { sku: PRODUCTS[second].sku, quantity: 2 },
  ];
  return {
    order_id: orderId,
    customer_id: `customer-${n % 1000}`,
    currency: 'EUR',
    items,
    payment: { method: 'pm_ok' },
  };
}

export function totalOf({ items }) {
  const prices = new Map(PRODUCTS.map((product) => [product.sku, product.unitPriceMinor]));
  return items.reduce((sum, item) => sum + item.quantity * prices.get(item.sku), 0);
}
