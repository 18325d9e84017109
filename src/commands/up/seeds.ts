import { readFile } from 'node:fs/promises';
import { printable } from '../../config/printable.js';
import { newProductSchema } from '../../api/catalog/product-schema.js';
import { repeatedMember } from '../../api/requests/repeated-member.js';
import { faultsOf } from '../../api/requests/validation.js';
import type { ProductSeed } from '../../domain/product.js';

/** The products of a new catalog: with plenty of stock, little, and none. */
export const FIRST_PRODUCTS: readonly ProductSeed[] = [
  { sku: 'product-A', name: 'Notebook', currency: 'EUR', unitPriceMinor: 1_999, onHand: 10 },
  { sku: 'product-B', name: 'Fountain pen', currency: 'EUR', unitPriceMinor: 4_900, onHand: 5 },
  { sku: 'product-C', name: 'Ink, limited edition', currency: 'EUR', unitPriceMinor: 990, onHand: 0 },
];

/**
 * Reads a seed file: a JSON array of products in the format of `POST /v1/products`.
 * @throws Error that names the file, and the entry and field of each fault
 */
export async function readSeedFile(path: string): Promise<ProductSeed[]> {
  const entries = jsonArrayOf(await bytesOf(path), path);
  const faults: string[] = [];
  const seeds: ProductSeed[] = [];
  const entryOf = new Map<string, number>();
  for (const [at, entry] of entries.entries()) {
    const result = newProductSchema.safeParse(entry);
    const fault = (field: string, detail: string) => void faults.push(`entry ${at + 1}${field}: ${printable(detail)}`);
    if (!result.success) {
      for (const { pointer, detail } of faultsOf(result.error)) fault(pointer.replace('/', ', '), detail);
      continue;
    }
    const { unit_price_minor: unitPriceMinor, on_hand: onHand, ...product } = result.data;
    const first = entryOf.get(product.sku);
    if (first === undefined) entryOf.set(product.sku, at + 1);
    else fault(', sku', `already appears in entry ${first}`);
    seeds.push({ ...product, unitPriceMinor, onHand });
  }
  if (faults.length > 0) throw new Error(`${path} has faults:\n${faults.join('\n')}`);
  return seeds;
}

async function bytesOf(path: string): Promise<Uint8Array> {
  return readFile(path).catch((error: Error) => {
    throw new Error(`${path} cannot be read: ${error.message}`, { cause: error });
  });
}

function jsonArrayOf(bytes: Uint8Array, path: string): unknown[] {
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    json = JSON.parse(text);
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message : 'it is not UTF-8 text';
    throw new Error(`${path} is not JSON: ${printable(why)}`, { cause: error });
  }
  if (!Array.isArray(json)) throw new Error(`${path} is not an array of products`);
  const twice = repeatedMember(text);
  if (twice === undefined) return json;
  const [, index = '', ...field] = twice.split('/');
  throw new Error(`${path} has faults:\nentry ${Number(index) + 1}, ${field.join('/')}: appears more than once`);
}
