import type { SendingBehaviour } from './event-sender.js';

/** A charge that a client requests. */
export interface ChargeOrder {
  order_id: string;
  amount_minor: number;
  currency: string;
  method: string;
}

export interface RefundOrder {
  charge_key: string;
  order_id: string;
  amount_minor: number;
  currency: string;
}

export interface Settlement {
  outcome: 'captured' | 'declined';
}

export interface RefundSettlement {
  outcome: 'refunded' | 'failed';
}

export interface Resend {
  charge_key: string;
}

/** A validated body: its value, or the field that is wrong. */
export type Checked<T> = { ok: true; value: T } | { ok: false; field: string; message: string };

type Rule = { wants: string; holds: (value: unknown) => boolean };

const text: Rule = {
  wants: 'must be a string of 1 to 255 characters',
  holds: (value) => typeof value === 'string' && value.length >= 1 && value.length <= 255,
};
const amount: Rule = {
  wants: 'must be a positive integer in minor units',
  holds: (value) => typeof value === 'number' && Number.isSafeInteger(value) && value > 0,
};
const currency: Rule = {
  wants: 'must be an ISO 4217 code such as EUR',
  holds: (value) => typeof value === 'string' && /^[A-Z]{3}$/.test(value),
};
const outcome: Rule = {
  wants: 'must be captured or declined',
  holds: (value) => value === 'captured' || value === 'declined',
};
const refundOutcome: Rule = {
  wants: 'must be refunded or failed',
  holds: (value) => value === 'refunded' || value === 'failed',
};

const copies: Rule = {
  wants: 'must be an integer from 1 to 5',
  holds: (value) => typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 5,
};
const delay: Rule = {
  wants: 'must be an integer from 0 to 60000',
  holds: (value) => typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 60_000,
};
const flag: Rule = { wants: 'must be true or false', holds: (value) => typeof value === 'boolean' };

export const checkCharge = checker<ChargeOrder>({ order_id: text, amount_minor: amount, currency, method: text });
export const checkRefund = checker<RefundOrder>({ charge_key: text, order_id: text, amount_minor: amount, currency });
export const checkSettlement = checker<Settlement>({ outcome });
export const checkRefundSettlement = checker<RefundSettlement>({ outcome: refundOutcome });
export const checkResend = checker<Resend>({ charge_key: text });
export const checkSending = checker<SendingBehaviour>(
  { copies, delay_ms: delay, shuffle: flag },
  { copies: 1, delay_ms: 0, shuffle: false },
);

/** Whether a header may serve as an idempotency key: 1 to 255 printable ASCII characters. */
export function isKey(value: string | undefined): value is string {
  return value !== undefined && /^[!-~]{1,255}$/.test(value);
}

function checker<T extends object>(
  rules: Record<keyof T & string, Rule>,
  defaults: Partial<T> = {},
): (body: unknown) => Checked<T> {
  const fields = Object.entries<Rule>(rules);
  const isWhole = (given: object): given is T => firstWrong(new Map(Object.entries(given)), fields) === undefined;
  return (body) => {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      return { ok: false, field: '', message: 'the body must be a JSON object' };
    }
    const given = new Map<string, unknown>(Object.entries({ ...defaults, ...body }));
    const value = Object.fromEntries(fields.map(([name]) => [name, given.get(name)]));
    if (isWhole(value)) return { ok: true, value };
    const [field, rule] = firstWrong(given, fields) ?? ['', text];
    return { ok: false, field, message: `${field} ${rule.wants}` };
  };
}

function firstWrong(given: ReadonlyMap<string, unknown>, fields: [string, Rule][]): [string, Rule] | undefined {
  return fields.find(([name, rule]) => !rule.holds(given.get(name)));
}
