export interface Product {
  sku: string;
  name: string;
  currency: string;
  unitPriceMinor: number;
  /** An inactive product takes no new orders; accepted ones go on. */
  active: boolean;
}

/** A product as the catalogue keeps it, with its stock. Times are RFC 3339, UTC. */
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

export const SKU_PATTERN = /^[A-Za-z0-9._-]{1,64}$/;
export const MAX_NAME_LENGTH = 200;
/** The most units of one product that are set at once. */
export const MAX_ON_HAND = 1_000_000_000;
