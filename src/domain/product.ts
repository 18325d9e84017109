export interface Product {
  sku: string;
  name: string;
  currency: string;
  unitPriceMinor: number;
  /** An inactive product takes no new orders; accepted ones go on. */
  active: boolean;
}

/** A product as the catalog keeps it, with its stock. Times are RFC 3339, UTC. */
export interface CatalogueProduct extends Product {
  onHand: number;
  reserved: number;
  /** One more for each change of the product; its stock has no part in it. */
  version: number;
  createdAt: string;
  updatedAt: string;
}

/** A product with the stock it should have at least: what `holdfast seed` reads. */
export interface ProductSeed {
  sku: string;
  name: string;
  currency: string;
  unitPriceMinor: number;
  active?: boolean;
  onHand: number;
}

/** A product as a line of a file has it; what is undefined stays as it is, or starts as active and with no stock. */
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
/** Visible characters with blanks between them. No URL can carry `.` or `..` as a part of its path. */
export const SKU_PATTERN = new RegExp(`^(?!\\.{1,2}$)${VISIBLE}+(?: +${VISIBLE}+)*$`, 'u');
export const SKU_RULE = `must be 1 to ${MAX_SKU_LENGTH} visible characters, with blanks only between them, and neither "." nor ".."`;

/** Where the API has a product. */
export function productPath(sku: string): string {
  return `/v1/products/${encodeURIComponent(sku)}`;
}

export const MAX_NAME_LENGTH = 200;
/** The most units of one product that are set at once. */
export const MAX_ON_HAND = 1_000_000_000;
