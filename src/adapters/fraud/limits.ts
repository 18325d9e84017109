import type { FraudLimits } from '../../domain/policy.js';

/**
 * Reads the limits of a check from an order's policy. Missing limits have no default.
 * @throws Error that names limits that the check does not have, or that are not whole numbers above 0
 */
export function readLimits<Name extends string>(
  check: string,
  limits: FraudLimits,
  names: readonly Name[],
): Partial<Record<Name, number>> {
  const read: Partial<Record<Name, number>> = {};
  for (const [given, value] of Object.entries(limits)) {
    const name = names.find((known) => known === given);
    if (name === undefined) throw new Error(`the fraud check ${check} has no limit "${given}"`);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
      throw new Error(`the limit "${name}" of the fraud check ${check} must be a whole number above 0`);
    }
    read[name] = value;
  }
  return read;
}
