import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { isCurrency, MAX_AMOUNT_MINOR } from '../../domain/money.js';
import type { ProductSeed } from '../../domain/product.js';

/** What a new catalogue starts with: plenty, little, nothing. */
export const FIRST_PRODUCTS: readonly ProductSeed[] = [
  { sku: 'product-A', name: 'Notebook', currency: 'EUR', unitPriceMinor: 1_999, onHand: 10 },
  { sku: 'product-B', name: 'Fountain pen', currency: 'EUR', unitPriceMinor: 4_900, onHand: 5 },
  { sku: 'product-C', name: 'Ink, limited edition', currency: 'EUR', unitPriceMinor: 990, onHand: 0 },
];

const schema = z.array(
  z.strictObject({
    sku: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
    name: z.string().min(1).max(200),
    currency: z.string().refine(isCurrency, 'must be an upper-case ISO 4217 code'),
    unit_price_minor: z.int().min(0).max(MAX_AMOUNT_MINOR),
    on_hand: z.int().min(0),
  }),
);

/**
 * Reads a seed file: a JSON array of `{ sku, name, currency, unit_price_minor, on_hand }`.
 * @throws Error that names the file and each fault
 */
export async function readSeedFile(path: string): Promise<ProductSeed[]> {
  const text = await readFile(path, 'utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  const result = schema.safeParse(json);
  if (!result.success) throw new Error(`${path} has faults:\n${z.prettifyError(result.error)}`);
  return result.data.map(({ unit_price_minor, on_hand, ...product }) => ({
    ...product,
    unitPriceMinor: unit_price_minor,
    onHand: on_hand,
  }));
}
