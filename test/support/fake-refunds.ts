import type { DueRefund, RefundStanding, RefundStore } from '../../src/activities/refunds.js';
import { chargeKey, undoRefundKey } from '../../src/domain/ids.js';
import { isBeingPaid, isPaid, isRefundable } from '../../src/domain/order.js';
import type { Admission, AdmissionRefusal } from '../../src/domain/outcomes.js';
import { returnRefusal } from '../../src/domain/returns.js';
import type { FakeOrder, FakeRefund, FakeTables } from './fake-tables.js';

/** The books of refunds in memory. */
export function createFakeRefunds(tables: FakeTables): RefundStore & {
  failLate(key: string): boolean;
  stateOf(key: string): string;
  idOf(key: string): string | undefined;
} {
  const { entry, openLetter, resolveLetters } = tables;

  const byKey = (key: string) => {
    const all = [...tables.orders.values()].flatMap((found) => found.refunds.map((refund) => ({ found, refund })));
    const hit = all.find(({ refund }) => refund.key === key);
    if (hit === undefined) throw new Error(`no refund ${key}`);
    return hit;
  };
  const byLetter = (orderId: string, deadLetterId: string) => {
    const letter = tables.lettersOf(orderId).find(({ id, kind }) => id === deadLetterId && kind === 'refund');
    const refund = entry(orderId).refunds.find(({ refundId }) => refundId === letter?.subject);
    return letter && refund && { letter, refund };
  };
  const succeed = ({ order }: FakeOrder, refund: FakeRefund) => {
    refund.state = 'succeeded';
    resolveLetters(order.orderId, ['refund'], refund.refundId);
  };
  const fail = ({ order }: FakeOrder, refund: FakeRefund, code: string) => {
    Object.assign(refund, { state: 'failed', code });
    const subject = refund.refundId;
    openLetter({
      orderId: order.orderId,
      kind: 'refund',
      step: 'refund',
      errorClass: 'Refused',
      lastError: code,
      subject,
    });
  };

  const doubt = ({ order }: FakeOrder, { refundId: subject }: FakeRefund) => {
    const lastError = 'the gateway does not say';
    const { orderId } = order;
    openLetter({ orderId, kind: 'refund', step: 'refund', errorClass: 'RefundUnknown', lastError, subject });
  };

  return {
    async due({ orderId, owner }) {
      const found = entry(orderId);
      if (found.owner !== owner || isBeingPaid(found.status)) return [];
      const keepsPayment = isPaid(found.status);
      for (const { attempt, captured } of found.attempts) {
        if (captured === undefined || (keepsPayment && found.settledBy === attempt)) continue;
        const left = captured.amountMinor - spokenFor(found, attempt);
        const key = undoRefundKey(orderId, attempt);
        if (left > 0) {
          const refund = {
            key,
            refundId: key,
            attempt,
            amountMinor: left,
            state: 'pending',
            requested: false,
          } as const;
          found.refunds.push(refund);
        }
      }
      const unsettled = found.refunds.filter(
        ({ state, requested }) => state !== 'succeeded' && !(requested && state === 'failed'),
      );
      return unsettled.map((refund) => dueRefund(found, refund));
    },

    async open({ orderId, refundId, amountMinor, restock, fingerprint }): Promise<Admission> {
      const found = tables.orders.get(orderId);
      const refused = (code: AdmissionRefusal): Admission => ({ kind: 'refused', code, status: found?.status ?? null });
      if (found === undefined) return refused('not_found');
      const same = found.refunds.find((refund) => refund.refundId === refundId);
      if (same !== undefined)
        return same.fingerprint === fingerprint ? { kind: 'admitted' } : refused('idempotency_conflict');
      const attempt = found.settledBy;
      if (attempt === undefined || !isRefundable(found.status)) return refused('not_refundable');
      const left = found.order.totalMinor - spokenFor(found, attempt);
      const amount = amountMinor ?? left;
      const noReturn = restock && returnRefusal(tables.returnsOf(found), { amountMinor: amount, leftMinor: left });
      if (noReturn) return refused(noReturn);
      if (amount <= 0 || amount > left) return refused('refund_exceeds_captured');
      const row = {
        key: `${refundId}:1`,
        refundId,
        attempt,
        amountMinor: amount,
        state: 'pending',
        requested: true,
      } as const;
      found.refunds.push({ ...row, restock, fingerprint });
      return { kind: 'admitted' };
    },

    async dueOne({ orderId, refundId }) {
      const found = entry(orderId);
      const refund = found.refunds.find((other) => other.refundId === refundId);
      return refund === undefined || refund.state === 'succeeded' ? [] : [dueRefund(found, refund)];
    },

    async claim(key) {
      const standing = standingOf(byKey(key).refund);
      return standing.kind === 'sendable' ? { kind: 'send' } : standing;
    },

    async record(key, result, _latencyMs, most = Infinity) {
      const { found, refund } = byKey(key);
      if (refund.state === 'succeeded') return { kind: 'refunded' };
      if (result.kind === 'refunded') succeed(found, refund);
      if (result.kind === 'refused') fail(found, refund, result.code);
      if (result.kind === 'ambiguous') refund.state = 'unknown';
      if (refund.state === 'unknown') {
        refund.tries = (refund.tries ?? 0) + 1;
        refund.isLookedUp ||= refund.tries >= most;
        if (refund.isLookedUp) doubt(found, refund);
      }
      return standingOf(refund);
    },

    async looked(key, looked) {
      const { found, refund } = byKey(key);
      if (refund.state !== 'unknown') return standingOf(refund);
      switch (looked?.kind) {
        case 'refunded':
          succeed(found, refund);
          return { kind: 'refunded' };
        case 'refused':
          fail(found, refund, looked.code);
          return looked;
        case 'not_found':
          if (tables.settling.inMs > 0) return { kind: 'unknown', retryAfterMs: tables.settling.inMs };
          Object.assign(refund, { state: 'pending', tries: 0, isLookedUp: false });
          return { kind: 'sendable' };
        case 'processing':
        case undefined:
          doubt(found, refund);
          return { kind: 'unknown', retryAfterMs: 0 };
      }
    },

    async redrive(orderId, deadLetterId) {
      const hit = byLetter(orderId, deadLetterId);
      if (hit?.letter.state !== 'open') return;
      hit.letter.state = 'redriving';
      if (hit.refund.state !== 'failed') return;
      Object.assign(hit.refund, { state: 'pending', tries: 0, isLookedUp: false });
      hit.refund.key = `${hit.refund.key}:again`;
    },

    async applyEvidence(orderId, { deadLetterId, happened }) {
      const hit = byLetter(orderId, deadLetterId);
      if (hit === undefined || !['failed', 'unknown'].includes(hit.refund.state)) return;
      if (happened) succeed(entry(orderId), hit.refund);
      else fail(entry(orderId), hit.refund, 'evidence');
    },

    idOf: (key) =>
      [...tables.orders.values()].flatMap((found) => found.refunds).find((refund) => refund.key === key)?.refundId,

    stateOf: (key) => byKey(key).refund.state,
    failLate(key) {
      const { found, refund } = byKey(key);
      if (refund.state === 'failed') return false;
      fail(found, refund, 'the bank returned it');
      return true;
    },
  };
}

/** What of an attempt's money is back or on its way; a refused undo keeps its claim, a refused request does not. */
function spokenFor({ refunds }: FakeOrder, attempt: number): number {
  return refunds
    .filter((refund) => refund.attempt === attempt && !(refund.requested && refund.state === 'failed'))
    .reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}

function standingOf({ state, code, isLookedUp = false }: FakeRefund): Exclude<RefundStanding, { kind: 'replaced' }> {
  if (state === 'succeeded') return { kind: 'refunded' };
  if (state === 'failed') return { kind: 'refused', code: code ?? '' };
  return state === 'unknown' && isLookedUp ? { kind: 'unknown', retryAfterMs: 0 } : { kind: 'sendable' };
}

function dueRefund({ order }: FakeOrder, refund: FakeRefund): DueRefund {
  const { key, attempt, amountMinor, state, code } = refund;
  if (state === 'failed') return { state: 'refused', code: code ?? '' };
  const { orderId, currency } = order;
  const isLookedUp = state === 'unknown' && refund.isLookedUp === true;
  return {
    state: isLookedUp ? 'unknown' : 'due',
    request: { key, chargeKey: chargeKey(orderId, attempt), orderId, amountMinor, currency },
  };
}
