import { canonicalAddress, type Address } from './address.js';
import { canonicalAdjustments, type Adjustment } from './adjustment.js';

export interface CheckoutLine {
  sku: string;
  quantity: number;
}

/** What a shop orders, before it is priced. */
export interface Checkout {
  orderId: string;
  customerId: string;
  /** The customer's address for notices. Personal: only for notices, never for a log. */
  customerEmail?: string;
  /** Personal, as are the addresses. */
  customerPhone?: string;
  shippingAddress?: Address;
  billingAddress?: Address;
  currency: string;
  lines: CheckoutLine[];
  /** Shipping, tax, discounts and fees. Absent rather than empty. */
  adjustments?: Adjustment[];
  paymentMethod: string;
  /** The total that the shop showed its customer, to be checked. Minor units. */
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
 * A text that is equal for two checkouts if they order the same: everything except the order's id, with
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
    // Omitted if absent, so that the text of checkouts from before a field existed stays the same.
    ...(checkout.customerEmail === undefined ? [] : [checkout.customerEmail]),
    ...(checkout.adjustments === undefined ? [] : [['adjustments', ...canonicalAdjustments(checkout.adjustments)]]),
    ...(checkout.customerPhone === undefined ? [] : [['phone', checkout.customerPhone]]),
    ...(checkout.shippingAddress === undefined ? [] : [['shipping', ...canonicalAddress(checkout.shippingAddress)]]),
    ...(checkout.billingAddress === undefined ? [] : [['billing', ...canonicalAddress(checkout.billingAddress)]]),
  ]);
}

/** Not localeCompare, which sorts differently on different machines. */
function byCodeUnit(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
