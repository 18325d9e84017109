import { createHash } from 'node:crypto';

/** What the sandbox does with a charge, as chosen by its payment method. */
export interface Behaviour {
  /** This many tries with one key are answered 503 and do nothing. */
  failFirst: number;
  /** The delay before the ledger is written; a client that hangs up meanwhile changes nothing. */
  delayMs: number;
  effect: 'captured' | 'declined' | 'processing' | 'nothing';
  /** The answer to the request that caused the effect. Later requests with its key get the stored outcome. */
  firstAnswer: 'outcome' | 'none' | 'error';
  refunds: 'accepted' | 'refused' | 'processing';
}

/** The parameters of `pm_random`: a rate from 0 to 1, and a range in milliseconds. */
export interface Chance {
  successRate: number;
  latencyMs: { min: number; max: number };
}

interface Row {
  /** The method's name; `<…>` stands for a number up to `max`. */
  method: string;
  max?: number;
  does: Partial<Behaviour> | ((number: number, key: string, chance: Chance) => Partial<Behaviour>);
}

const plain: Behaviour = {
  failFirst: 0,
  delayMs: 0,
  effect: 'captured',
  firstAnswer: 'outcome',
  refunds: 'accepted',
};

const table: readonly Row[] = [
  { method: 'pm_ok', does: {} },
  { method: 'pm_declined', does: { effect: 'declined' } },
  { method: 'pm_fail_<n>', max: 100, does: (failFirst) => ({ failFirst }) },
  { method: 'pm_timeout_before', does: { effect: 'nothing', firstAnswer: 'none' } },
  { method: 'pm_timeout_after', does: { firstAnswer: 'none' } },
  { method: 'pm_error_after', does: { firstAnswer: 'error' } },
  { method: 'pm_processing', does: { effect: 'processing', firstAnswer: 'none' } },
  { method: 'pm_slow_<ms>', max: 60_000, does: (delayMs) => ({ delayMs }) },
  { method: 'pm_refund_fails', does: { refunds: 'refused' } },
  { method: 'pm_refund_processing', does: { refunds: 'processing' } },
  { method: 'pm_random', does: (_, key, chance) => draw(key, chance) },
];

/** Every method by name, with the bound of its number. */
export const knownMethods: readonly string[] = table.map(({ method, max }) =>
  max === undefined ? method : `${method} (up to ${max})`,
);

/** The behavior of a method for one key, or nothing when there is no such method or its number is too large. */
export function behaviourOf(method: string, key: string, chance: Chance): Behaviour | undefined {
  for (const row of table) {
    const match = new RegExp(`^${row.method.replace(/<\w+>/, '(\\d{1,5})')}$`).exec(method);
    if (match === null) continue;
    const number = Number(match[1] ?? 0);
    if (row.max !== undefined && number > row.max) return undefined;
    return { ...plain, ...(typeof row.does === 'function' ? row.does(number, key, chance) : row.does) };
  }
  return undefined;
}

/** Derived from the key, so that a run can be repeated. */
function draw(key: string, { successRate, latencyMs }: Chance): Partial<Behaviour> {
  const digest = createHash('sha256').update(key).digest();
  const luck = digest.readUInt32BE(0) / 2 ** 32;
  const delay = digest.readUInt32BE(4) / 2 ** 32;
  return {
    effect: luck < successRate ? 'captured' : 'declined',
    delayMs: Math.round(latencyMs.min + delay * (latencyMs.max - latencyMs.min)),
  };
}
