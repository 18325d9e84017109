import { decimalsOf } from '../../../domain/money.js';

// Stripe's page on currencies: those whose amounts it takes without decimals...
const WITHOUT_DECIMALS: ReadonlySet<string> = new Set(
  'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' '),
);
/** ...and with three, of which the last one has to be 0. ISK and UGX have none, and are written with two. */
const WITH_THREE: ReadonlySet<string> = new Set('BHD JOD KWD OMR TND'.split(' '));

/**
 * An amount as Stripe writes it.
 * @returns undefined for one that Stripe cannot charge, such as 5.123 KWD
 */
export function stripeAmount(amountMinor: number, currency: string): number | undefined {
  const amount = amountMinor * 10 ** (decimalsAtStripe(currency) - decimalsOf(currency));
  if (!Number.isSafeInteger(amount)) return undefined;
  return WITH_THREE.has(currency) && amount % 10 !== 0 ? undefined : amount;
}

/** An amount of Stripe's in our minor units; not always whole, if Stripe took an amount that was not asked for. */
export function minorOf(amount: number, currency: string): number {
  return amount * 10 ** (decimalsOf(currency) - decimalsAtStripe(currency));
}

function decimalsAtStripe(currency: string): number {
  if (WITHOUT_DECIMALS.has(currency)) return 0;
  return WITH_THREE.has(currency) ? 3 : 2;
}
