/** The largest amount accepted anywhere, in minor units: far below what a double can represent exactly. */
export const MAX_AMOUNT_MINOR = 999_999_999_999;

const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** True for an upper-case ISO 4217 code. */
export function isCurrency(code: string): boolean {
  return CURRENCIES.has(code);
}

/**
 * The sum of quantity × unit price and of the adjustments in minor units, exact. It may be negative.
 * @returns undefined when it is above {@link MAX_AMOUNT_MINOR}
 */
export function totalOf(
  lines: readonly { quantity: number; unitPriceMinor: number }[],
  adjustments: readonly { amountMinor: number }[] = [],
): number | undefined {
  const goods = lines.reduce((sum, line) => sum + BigInt(line.quantity) * BigInt(line.unitPriceMinor), 0n);
  const total = adjustments.reduce((sum, { amountMinor }) => sum + BigInt(amountMinor), goods);
  return total <= BigInt(MAX_AMOUNT_MINOR) ? Number(total) : undefined;
}

// ISO 4217's minor units where they are not two. Intl differs: it has those of cash in daily use.
const DECIMALS: Readonly<Record<string, number>> = Object.fromEntries([
  ...['BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF'].map((code) => [code, 0]),
  ...['UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'].map((code) => [code, 0]),
  ...['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'].map((code) => [code, 3]),
  ...['CLF', 'UYW'].map((code) => [code, 4]),
]);

/** The number of decimals of a currency (ISO 4217). */
export function decimalsOf(currency: string): number {
  return DECIMALS[currency] ?? 2;
}

const formats = new Map<string, { format: Intl.NumberFormat; unit: number }>();

/** An amount as people write it, with the currency's own number of decimals (ISO 4217): 1999 EUR is "EUR 19.99". */
export function formatMoney(amountMinor: number, currency: string): string {
  const { format, unit } = formats.get(currency) ?? keepFormat(currency);
  return format.format(amountMinor / unit).replaceAll(/\s/g, ' ');
}

/** Creating a format takes thirty times as long as using it. */
function keepFormat(currency: string) {
  const decimals = decimalsOf(currency);
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code', ...digits });
  const kept = { format, unit: 10 ** decimals };
  formats.set(currency, kept);
  return kept;
}
