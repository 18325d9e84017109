export interface CheckoutLine {
  sku: string;
  quantity: number;
}

/** What a shop asks for, before it is priced. */
export interface Checkout {
  orderId: string;
  customerId: string;
  /** Where the customer wants to be told about the order. Personal: for notices alone, never for a log. */
  customerEmail?: string;
  currency: string;
  lines: CheckoutLine[];
  paymentMethod: string;
  /** The total the shop showed its customer, if it wants it checked. Minor units. */
  expectedTotalMinor?: number;
  metadata: Record<string, string>;
}

/** One line per SKU, in SKU order, quantities summed: split or reordered lines mean the same order. */
export function mergeLines(lines: readonly CheckoutLine[]): CheckoutLine[] {
  const quantities = new Map<string, number>();
  for (const { sku, quantity } of lines) quantities.set(sku, (quantities.get(sku) ?? 0) + quantity);
  return [...quantities].map(([sku, quantity]) => ({ sku, quantity })).sort((a, b) => byCodeUnit(a.sku, b.sku));
}

/**
 * The text that two checkouts share exactly when they ask for the same thing: everything but the order's id, with
 * lines merged and all keys in a fixed order. Its SHA-256 is the order's fingerprint.
 */
export function canonicalText(checkout: Checkout): string {
  return JSON.stringify([
    'checkout/1',
    checkout.customerId,
    checkout.currency,
    mergeLines(checkout.lines).map(({ sku, quantity }) => [sku, quantity]),
    checkout.paymentMethod,
    checkout.expectedTotalMinor ?? null,
    Object.entries(checkout.metadata).sort(([a], [b]) => byCodeUnit(a, b)),
    // Left out without one, so that the text of a checkout from before there were addresses stays what it was.
    ...(checkout.customerEmail === undefined ? [] : [checkout.customerEmail]),
  ]);
}

/** Not localeCompare: that sorts differently from one machine to the next. */
function byCodeUnit(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
