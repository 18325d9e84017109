import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { behaviourOf, knownMethods } from './behaviors.js';
import type { Chance } from './behaviors.js';
import type { ChargeEntry, LedgerEntry, RefundEntry } from './entries.js';
import type { Ledger } from './ledger.js';
import type { ChargeOrder, RefundOrder, RefundSettlement, Settlement } from './requests.js';
import { createKeyedMutex } from './keyed-mutex.js';

/** A rejected request; nothing was done. */
export interface Refusal {
  kind: 'refused';
  status: 404 | 409 | 422;
  code: string;
  message: string;
  field?: string;
}

export type ChargeAnswer =
  | { kind: 'charge'; entry: ChargeEntry }
  /** Try later: nothing was done. */
  | { kind: 'unavailable' }
  /** To be answered like a crash, or not at all, no matter what was done. */
  | { kind: 'error' }
  | { kind: 'none' }
  | Refusal;

export type RefundAnswer =
  | { kind: 'refund'; entry: RefundEntry }
  /** Not to be answered, although it is in progress. */
  | { kind: 'none' }
  | Refusal;

/** The rules of the payment provider, without HTTP. */
export interface Provider {
  readonly ledger: Ledger;
  charge(key: string, order: ChargeOrder): Promise<ChargeAnswer>;
  settle(key: string, settlement: Settlement): Promise<{ kind: 'charge'; entry: ChargeEntry } | Refusal>;
  refund(key: string, order: RefundOrder): Promise<RefundAnswer>;
  settleRefund(key: string, settlement: RefundSettlement): Promise<{ kind: 'refund'; entry: RefundEntry } | Refusal>;
  /** Fails a refund that had succeeded: its money can be refunded again, under another key. */
  failRefund(key: string): Promise<{ kind: 'refund'; entry: RefundEntry } | Refusal>;
  /** Resolves when no charge or refund is in progress. */
  idle(): Promise<void>;
}

export interface ProviderSettings extends Chance {
  ledger: Ledger;
  now: () => Date;
  /** Aborted when the sandbox stops: charges that still wait are given up. */
  stopping: AbortSignal;
  /** Called for every line, once it is in the ledger. */
  onEntry: (entry: LedgerEntry) => void;
}

export function createProvider({ ledger, now, stopping, onEntry, ...chance }: ProviderSettings): Provider {
  // Every waiting charge listens to it.
  setMaxListeners(0, stopping);
  const mutex = createKeyedMutex();
  const failures = new Map<string, number>();

  return { ledger, charge, settle, refund, settleRefund, failRefund, idle: () => mutex.idle() };

  async function charge(key: string, order: ChargeOrder): Promise<ChargeAnswer> {
    const behaviour = behaviourOf(order.method, key, chance);
    if (behaviour === undefined) {
      const message = `this method is not known; the methods are ${knownMethods.join(', ')}`;
      return refuse(422, 'unknown_method', message, 'method');
    }
    return mutex.take(`charge ${key}`, async () => {
      const stored = ledger.charge(key);
      if (stored !== undefined) return replay(stored, order);
      const failed = failures.get(key) ?? 0;
      if (failed < behaviour.failFirst) {
        failures.set(key, failed + 1);
        return { kind: 'unavailable' };
      }
      if (behaviour.delayMs > 0) await sleep(behaviour.delayMs, undefined, { signal: stopping });
      if (behaviour.effect === 'nothing') return { kind: 'none' };
      const entry = chargeEntry(key, order, behaviour.effect);
      await record(entry);
      failures.delete(key);
      return behaviour.firstAnswer === 'outcome' ? { kind: 'charge', entry } : { kind: behaviour.firstAnswer };
    });
  }

  function settle(key: string, { outcome }: Settlement): Promise<{ kind: 'charge'; entry: ChargeEntry } | Refusal> {
    return mutex.take(`charge ${key}`, async () => {
      const stored = ledger.charge(key);
      if (stored === undefined) return refuse(404, 'not_found', 'no charge has this key');
      if (stored.state === outcome) return { kind: 'charge', entry: stored };
      if (stored.state !== 'processing') return refuse(409, 'already_settled', `the charge is ${stored.state}`);
      const entry = chargeEntry(key, stored, outcome);
      await record(entry);
      return { kind: 'charge', entry };
    });
  }

  /** One refund per charge at a time, or two could exceed the limit together; one per key, or it could run twice. */
  function refund(key: string, order: RefundOrder): Promise<RefundAnswer> {
    const run = async (): Promise<RefundAnswer> => {
      const stored = ledger.refund(key);
      if (stored !== undefined) return replayRefund(stored, order);
      const refusal = refundRefusal(order);
      if (refusal !== undefined) return refusal;
      const reference = referenceOf('re', key);
      const state = refundsOf(order) === 'processing' ? 'processing' : 'refunded';
      const entry: RefundEntry = { type: 'refund', key, ...order, state, reference, time: time() };
      await record(entry);
      return state === 'processing' ? { kind: 'none' } : { kind: 'refund', entry };
    };
    return mutex.take(`refunds of ${order.charge_key}`, () => mutex.take(`refund ${key}`, run));
  }

  async function settleRefund(
    key: string,
    { outcome }: RefundSettlement,
  ): Promise<{ kind: 'refund'; entry: RefundEntry } | Refusal> {
    const known = ledger.refund(key);
    if (known === undefined) return refuse(404, 'not_found', 'no refund has this key');
    return mutex.take(`refunds of ${known.charge_key}`, async () => {
      const stored = ledger.refund(key) ?? known;
      if (stored.state === outcome) return { kind: 'refund', entry: stored };
      if (stored.state !== 'processing') return refuse(409, 'already_settled', `the refund is ${stored.state}`);
      const entry: RefundEntry = { ...stored, state: outcome, time: time() };
      await record(entry);
      return { kind: 'refund', entry };
    });
  }

  async function failRefund(key: string): Promise<{ kind: 'refund'; entry: RefundEntry } | Refusal> {
    const refunded = ledger.refund(key);
    if (refunded === undefined) return refuse(404, 'not_found', 'no refund has this key');
    return mutex.take(`refunds of ${refunded.charge_key}`, async () => {
      const stored = ledger.refund(key) ?? refunded;
      if (stored.state === 'failed') return { kind: 'refund', entry: stored };
      const entry: RefundEntry = { ...stored, state: 'failed', time: time() };
      await record(entry);
      return { kind: 'refund', entry };
    });
  }

  function refundRefusal(order: RefundOrder): Refusal | undefined {
    const charged = ledger.charge(order.charge_key);
    if (charged === undefined) return refuse(404, 'charge_not_found', 'no charge has this key', 'charge_key');
    if (charged.order_id !== order.order_id) {
      return refuse(422, 'invalid_request', 'order_id is not the order of the charge', 'order_id');
    }
    if (charged.currency !== order.currency) {
      return refuse(422, 'invalid_request', `currency must be ${charged.currency}`, 'currency');
    }
    if (charged.state !== 'captured') {
      return refuse(422, 'charge_not_captured', `the charge is ${charged.state}`, 'charge_key');
    }
    if (refundsOf(order) === 'refused') {
      return refuse(422, 'refund_refused', 'refunds of this charge are refused');
    }
    const left = charged.amount_minor - ledger.refundedMinor(charged.key);
    if (order.amount_minor > left) {
      return refuse(422, 'refund_exceeds_charge', `${left} can still be refunded`, 'amount_minor');
    }
    return undefined;
  }

  function refundsOf({ charge_key }: RefundOrder) {
    const charged = ledger.charge(charge_key);
    return charged && behaviourOf(charged.method, charged.key, chance)?.refunds;
  }

  function chargeEntry(key: string, order: ChargeOrder, state: ChargeEntry['state']): ChargeEntry {
    const { order_id, amount_minor, currency, method } = order;
    const reference = referenceOf('ch', key);
    const code = state === 'declined' ? { code: 'card_declined' } : {};
    return {
      type: 'charge',
      key,
      order_id,
      amount_minor,
      currency,
      method,
      state,
      reference,
      ...code,
      time: time(),
    };
  }

  async function record(entry: LedgerEntry): Promise<void> {
    await ledger.append(entry);
    onEntry(entry);
  }

  function time(): string {
    return now().toISOString();
  }
}

function replay(stored: ChargeEntry, order: ChargeOrder): ChargeAnswer {
  if (!sameCharge(stored, order)) return conflict();
  if (stored.state === 'processing') return refuse(409, 'charge_processing', 'the charge is still processing');
  return { kind: 'charge', entry: stored };
}

function replayRefund(stored: RefundEntry, order: RefundOrder): RefundAnswer {
  if (!sameRefund(stored, order)) return conflict();
  if (stored.state === 'processing') return refuse(409, 'refund_processing', 'the refund is still processing');
  return { kind: 'refund', entry: stored };
}

function sameCharge(stored: ChargeEntry, order: ChargeOrder): boolean {
  return (
    stored.order_id === order.order_id &&
    stored.amount_minor === order.amount_minor &&
    stored.currency === order.currency &&
    stored.method === order.method
  );
}

function sameRefund(stored: RefundEntry, order: RefundOrder): boolean {
  return (
    stored.charge_key === order.charge_key &&
    stored.order_id === order.order_id &&
    stored.amount_minor === order.amount_minor &&
    stored.currency === order.currency
  );
}

function conflict(): Refusal {
  return refuse(409, 'idempotency_conflict', 'this key was used with another body');
}

function refuse(status: Refusal['status'], code: string, message: string, field?: string): Refusal {
  return { kind: 'refused', status, code, message, ...(field === undefined ? {} : { field }) };
}

/** Derived from the key, so that two keys never share one. */
function referenceOf(prefix: 'ch' | 're', key: string): string {
  return `${prefix}_${createHash('sha256').update(key).digest('hex').slice(0, 24)}`;
}
