import type { Adjustment } from '../../domain/adjustment.js';
import { mergeLines, type Checkout } from '../../domain/checkout.js';
import { totalOf } from '../../domain/money.js';
import type { AcceptedOrder, OrderLine } from '../../domain/order.js';
import type { Product } from '../../domain/product.js';
import { Problem, type FieldError } from '../requests/problems.js';

/**
 * Copies names and prices from the catalog into the order, which fixes its total; a problem for items that cannot be
 * sold.
 */
export function price(checkout: Checkout, products: Product[]): Pick<AcceptedOrder, 'lines' | 'totalMinor'> | Problem {
  const catalog = new Map(products.map((product) => [product.sku, product]));
  const errors = checkout.lines.flatMap(({ sku }, index): FieldError[] => {
    const detail = objection(catalog.get(sku), sku, checkout.currency);
    return detail === undefined ? [] : [{ pointer: `/items/${index}/sku`, detail }];
  });
  if (errors.length > 0) return new Problem('validation-error', 'Some items cannot be ordered.', { errors });

  const lines = mergeLines(checkout.lines).flatMap(({ sku, quantity }) => {
    const product = catalog.get(sku);
    return product ? [{ sku, name: product.name, quantity, unitPriceMinor: product.unitPriceMinor }] : [];
  });
  const { adjustments = [] } = checkout;
  const misfits = misfitsOf(adjustments, lines);
  if (misfits.length > 0) return new Problem('validation-error', 'Some adjustments do not fit.', { errors: misfits });

  const totalMinor = totalOf(lines, adjustments);
  if (totalMinor === undefined) {
    const tooMuch = [{ pointer: '/items', detail: 'the total exceeds the maximum of an order; order less' }];
    return new Problem('validation-error', 'The order is too large.', { errors: tooMuch });
  }
  if (totalMinor <= 0 && adjustments.length > 0) {
    const detail = `with these the total is ${totalMinor}; it must be at least 1`;
    return new Problem('validation-error', 'The adjustments leave nothing to charge.', {
      errors: [{ pointer: '/adjustments', detail }],
    });
  }
  if (totalMinor === 0) {
    const nothing = [
      { pointer: '/items', detail: 'the total is 0: there is nothing to charge; order something with a price' },
    ];
    return new Problem('validation-error', 'The order costs nothing.', { errors: nothing });
  }
  if (checkout.expectedTotalMinor !== undefined && checkout.expectedTotalMinor !== totalMinor) {
    const detail = `total_minor was ${checkout.expectedTotalMinor}, but these items now cost ${totalMinor}.`;
    return new Problem('price-changed', detail, { total_minor: totalMinor });
  }
  return { lines, totalMinor };
}

function objection(product: Product | undefined, sku: string, currency: string): string | undefined {
  if (product === undefined) return `there is no product "${sku}"`;
  if (!product.active) return `product "${sku}" is not for sale`;
  if (product.currency !== currency) return `product "${sku}" is sold in ${product.currency}, not in ${currency}`;
  return undefined;
}

/** What belongs to a line names one of the order, and all discounts of a line take at most what it costs. */
function misfitsOf(adjustments: readonly Adjustment[], lines: readonly OrderLine[]): FieldError[] {
  const left = new Map(lines.map(({ sku, quantity, unitPriceMinor }) => [sku, quantity * unitPriceMinor]));
  return adjustments.flatMap(({ type, amountMinor, sku }, index): FieldError[] => {
    if (sku === undefined) return [];
    const leftMinor = left.get(sku);
    if (leftMinor === undefined) {
      return [{ pointer: `/adjustments/${index}/sku`, detail: `"${sku}" is not among the items` }];
    }
    if (type !== 'discount') return [];
    left.set(sku, Math.max(0, leftMinor + amountMinor));
    if (leftMinor + amountMinor >= 0) return [];
    const detail = `the discounts of "${sku}" are more than it costs; this one must be at least -${leftMinor}`;
    return [{ pointer: `/adjustments/${index}/amount_minor`, detail }];
  });
}
