export interface Product {
  sku: string;
  name: string;
  currency: string;
  unitPriceMinor: number;
  /** An inactive product takes no new orders; accepted ones go on. */
  active: boolean;
}

/** A product with the stock it should have at least: what `holdfast seed` reads. */
export interface ProductSeed {
  sku: string;
  name: string;
  currency: string;
  unitPriceMinor: number;
  onHand: number;
}
