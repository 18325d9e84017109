/** The largest amount accepted anywhere, in minor units: far below what a double holds exactly. */
export const MAX_AMOUNT_MINOR = 999_999_999_999;

const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** True for an upper-case ISO 4217 code. */
export function isCurrency(code: string): boolean {
  return CURRENCIES.has(code);
}

/**
 * The sum of quantity × unit price in minor units, exact.
 * @returns undefined when it is above {@link MAX_AMOUNT_MINOR}
 */
export function totalOf(lines: readonly { quantity: number; unitPriceMinor: number }[]): number | undefined {
  const total = lines.reduce((sum, line) => sum + BigInt(line.quantity) * BigInt(line.unitPriceMinor), 0n);
  return total <= BigInt(MAX_AMOUNT_MINOR) ? Number(total) : undefined;
}

/** An amount as people write it, with the currency's own number of decimals (ISO 4217): 1999 EUR is "EUR 19.99". */
export function formatMoney(amountMinor: number, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' });
  const decimals = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amountMinor / 10 ** decimals).replaceAll(/\s/g, ' ');
}
