/** Where goods or an invoice go. Personal: never for a log. */
export interface Address {
  name: string;
  line1: string;
  line2?: string;
  city: string;
  region?: string;
  postalCode?: string;
  /** ISO 3166-1 alpha-2. */
  country: string;
}

/** As two addresses that say the same have it. */
export function canonicalAddress(address: Address): (string | null)[] {
  const { name, line1, line2 = null, city, region = null, postalCode = null, country } = address;
  return [name, line1, line2, city, region, postalCode, country];
}
