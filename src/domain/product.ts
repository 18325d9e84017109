export interface Product {
  sku: string;
  name: string;
  currency: string;
  unitPriceMinor: number;
  /** An inactive product cannot be ordered; orders that were already accepted continue. */
  active: boolean;
}

/** A product as the catalog keeps it, with its stock. Times are RFC 3339, UTC. */
export interface CatalogueProduct extends Product {
  onHand: number;
  reserved: number;
  /** Incremented by each change to the product; changes to its stock do not count. */
  version: number;
  createdAt: string;
  updatedAt: string;
}

/** A product with its minimum stock: what `holdfast seed` reads. */
export interface ProductSeed {
  sku: string;
  name: string;
  currency: string;
  unitPriceMinor: number;
  active?: boolean;
  onHand: number;
}

/**
 * A product as one line of a file describes it. Undefined fields stay unchanged; a new product is active, without
 * stock.
 */
export interface ProductLine {
  sku: string;
  name: string;
  currency: string;
  unitPriceMinor: number;
  active?: boolean;
  onHand?: number;
}

export const MAX_SKU_LENGTH = 64;
const VISIBLE = '[^\\p{Cc}\\p{Cf}\\p{Co}\\p{Cs}\\p{Z}]';
/** Visible characters with blanks between them. `.` and `..` cannot be a segment of a URL's path. */
export const SKU_PATTERN = new RegExp(`^(?!\\.{1,2}$)${VISIBLE}+(?: +${VISIBLE}+)*$`, 'u');
export const SKU_RULE = `must be 1 to ${MAX_SKU_LENGTH} visible characters, with blanks only between them, and neither "." nor ".."`;

/** The path of a product in the API. */
export function productPath(sku: string): string {
  return `/v1/products/${encodeURIComponent(sku)}`;
}

export const MAX_NAME_LENGTH = 200;
/** The largest stock of a product that can be set at once. */
export const MAX_ON_HAND = 1_000_000_000;
