import type { DueRefund, RefundStanding, RefundStore } from '../../src/activities/refunds.js';
import { chargeKey, isUndoRefundId, undoRefundId, undoRefundKey } from '../../src/domain/ids.js';
import { isBeingPaid, isPaid, isRefundable } from '../../src/domain/order.js';
import type { Admission, AdmissionRefusal } from '../../src/domain/outcomes.js';
import { REFUND_TRANSITIONS, type RefundState } from '../../src/domain/payment-states.js';
import { returnRefusal } from '../../src/domain/returns.js';
import { AT_FAKE } from './fake-charges.js';
import type { FakeOrder, FakeRefund, FakeTables } from './fake-tables.js';

const ORDER_OF_DUE: readonly DueRefund['state'][] = ['due', 'unknown', 'refused'];

/** The books of refunds in memory. */
export function createFakeRefunds(tables: FakeTables): RefundStore & {
  failLate(key: string): boolean;
  stateOf(key: string): RefundState | undefined;
  idOf(key: string): string | undefined;
} {
  const { entry, openLetter, resolveLetters, unsettledLetter } = tables;

  const find = (key: string) => {
    const all = [...tables.orders.values()].flatMap((found) => found.refunds.map((refund) => ({ found, refund })));
    return all.find(({ refund }) => refund.key === key || refund.pastKeys.includes(key));
  };
  const byKey = (key: string) => {
    const hit = find(key);
    if (hit === undefined) throw new Error(`no refund has the key ${key}`);
    return hit;
  };
  const moves = (refund: FakeRefund, to: RefundState, change: Partial<FakeRefund> = {}): boolean => {
    if (!(REFUND_TRANSITIONS[refund.state] as readonly RefundState[]).includes(to)) return false;
    Object.assign(refund, change, { state: to });
    return true;
  };
  const letterOf = ({ order: { orderId } }: FakeOrder, { refundId: subject }: FakeRefund) =>
    ({ orderId, kind: 'refund', step: 'refund', subject }) as const;
  const settleLetter = ({ order: { orderId } }: FakeOrder, { refundId }: FakeRefund) =>
    resolveLetters(orderId, ['refund'], refundId);
  const succeed = (found: FakeOrder, refund: FakeRefund) => {
    if (!refund.isTakenBack && moves(refund, 'succeeded')) settleLetter(found, refund);
  };
  const fail = (found: FakeOrder, refund: FakeRefund, code: string, isTakenBack = false): boolean => {
    if (!moves(refund, 'failed', { code, isTakenBack })) return false;
    openLetter({ ...letterOf(found, refund), errorClass: 'RefundRefused', lastError: code });
    return true;
  };
  const doubt = (found: FakeOrder, refund: FakeRefund) =>
    openLetter({ ...letterOf(found, refund), errorClass: 'RefundUnknown', lastError: 'the gateway does not say' });

  /** What of a captured amount has to go back; the refund for it is written down once. */
  const undoCapture = (found: FakeOrder, attempt: number, capturedMinor: number): DueRefund[] => {
    const { orderId } = found.order;
    const refunds = found.refunds.filter((refund) => refund.attempt === attempt);
    const undo = refunds.find(({ refundId }) => isUndoRefundId(refundId));
    const left = capturedMinor - claimedMinor(refunds);
    if (undo === undefined && left > 0) {
      const names = { refundId: undoRefundId(orderId, attempt), key: undoRefundKey(orderId, attempt), pastKeys: [] };
      const added: FakeRefund = { ...names, attempt, amountMinor: left, state: 'pending', requested: false };
      found.refunds.push(added);
      refunds.push(added);
    }
    return refunds.flatMap((refund) => {
      if (refund.state === 'pending' || refund.state === 'unknown') return [dueRefund(found, refund)];
      if (refund.state === 'succeeded') return [];
      const isTakenAlong = refund !== undo && undo?.state === 'failed';
      if (undo !== undefined && left > 0 && !isTakenAlong) return [dueRefund(found, refund)];
      settleLetter(found, refund);
      return [];
    });
  };

  return {
    async due({ orderId, owner }) {
      const found = entry(orderId);
      if (found.owner !== owner || isBeingPaid(found.status)) return [];
      const due = found.attempts.flatMap(({ attempt, captured }) => {
        const isPayment = isPaid(found.status) && found.settledBy === attempt;
        return captured === undefined || isPayment ? [] : undoCapture(found, attempt, captured.amountMinor);
      });
      return ORDER_OF_DUE.flatMap((wanted) => due.filter(({ state }) => state === wanted));
    },

    async openRefund({ orderId, refundId, amountMinor, restock, fingerprint }): Promise<Admission> {
      const found = tables.orders.get(orderId);
      const refused = (code: AdmissionRefusal): Admission => ({ kind: 'refused', code, status: found?.status ?? null });
      if (found === undefined) return refused('not_found');
      if (isUndoRefundId(refundId)) return refused('idempotency_conflict');
      const same = found.refunds.find((refund) => refund.refundId === refundId);
      if (same !== undefined)
        return same.fingerprint === fingerprint ? { kind: 'admitted' } : refused('idempotency_conflict');
      const attempt = found.settledBy;
      if (attempt === undefined || !isRefundable(found.status)) return refused('not_refundable');
      const left = leftFor(found, attempt);
      const amount = amountMinor ?? left;
      const noReturn = restock && returnRefusal(tables.returnsOf(found), { amountMinor: amount, leftMinor: left });
      if (noReturn) return refused(noReturn);
      if (amount <= 0 || amount > left) return refused('refund_exceeds_captured');
      const isTaken = [...tables.orders.values()].some(({ refunds }) =>
        refunds.some((one) => one.refundId === refundId),
      );
      if (isTaken) return refused('idempotency_conflict');
      const names = { refundId, key: keyOfTry(orderId, refundId, 1), pastKeys: [] };
      const row = { ...names, attempt, amountMinor: amount, state: 'pending', requested: true } as const;
      found.refunds.push({ ...row, pastKeys: [], restock, fingerprint });
      return { kind: 'admitted' };
    },

    async dueOne({ orderId, refundId }) {
      const found = entry(orderId);
      const refund = found.refunds.find((other) => other.refundId === refundId);
      if (refund === undefined) throw new Error(`no refund ${refundId} of ${orderId}`);
      if (refund.state === 'succeeded') return [];
      const isWatched = tables.hasUnsettledLetter(orderId, 'refund', refundId);
      return refund.state === 'failed' && !isWatched ? [] : [dueRefund(found, refund)];
    },

    async claim(key, sendWindowMs) {
      const { refund } = byKey(key);
      const standing = standingOf(refund, key);
      if (standing.kind !== 'sendable') return standing;
      const retryAfterMs = (refund.sendBy ?? 0) - Date.now();
      if (retryAfterMs > 0) return { kind: 'busy', retryAfterMs };
      refund.sendBy = Date.now() + sendWindowMs;
      return { kind: 'send' };
    },

    async record(key, result, _latencyMs, most = Infinity) {
      const { found, refund } = byKey(key);
      if (refund.key !== key) {
        if (result.kind === 'refunded') {
          const letter = { ...letterOf(found, refund), kind: 'books' } as const;
          openLetter({ ...letter, errorClass: 'RefundedUnderPastKey', lastError: key });
        }
        return { kind: 'replaced' };
      }
      delete refund.sendBy;
      if (result.kind === 'refunded') succeed(found, refund);
      else if (result.kind === 'refused') {
        if (refund.state !== 'succeeded') fail(found, refund, result.code);
      } else if (refund.state === 'unknown' || (refund.state === 'pending' && result.kind === 'ambiguous')) {
        refund.state = 'unknown';
        refund.tries = (refund.tries ?? 0) + 1;
        refund.isLookedUp ||= refund.tries >= most;
        if (refund.isLookedUp) doubt(found, refund);
      }
      return standingOf(refund, key);
    },

    async looked(key, looked) {
      const { found, refund } = byKey(key);
      const standing = standingOf(refund, key);
      if (standing.kind === 'replaced' || refund.state !== 'unknown') return standing;
      switch (looked?.kind) {
        case 'refunded':
          succeed(found, refund);
          return { kind: 'refunded' };
        case 'refused':
          fail(found, refund, looked.code);
          return looked;
        case 'not_found':
          if (tables.settling.inMs > 0) return { kind: 'unknown', retryAfterMs: tables.settling.inMs };
          moves(refund, 'pending', { tries: 0, isLookedUp: false });
          return { kind: 'sendable' };
        case 'processing':
        case undefined:
          doubt(found, refund);
          return { kind: 'unknown', retryAfterMs: 0 };
      }
    },

    async redriveRefund(orderId, deadLetterId) {
      const found = entry(orderId);
      const letter = unsettledLetter(orderId, 'refund', deadLetterId);
      if (letter?.state !== 'open') return;
      letter.state = 'redriving';
      const refund = found.refunds.find(({ refundId }) => refundId === letter.subject);
      if (refund?.state !== 'failed') return;
      const left = leftFor(found, refund.attempt);
      const amountMinor = refund.requested ? refund.amountMinor : left;
      if (amountMinor <= 0 || amountMinor > left) return settleLetter(found, refund);
      const pastKeys = [...refund.pastKeys, refund.key];
      const key = keyOfTry(orderId, refund.refundId, pastKeys.length + 1);
      const fresh = { tries: 0, isLookedUp: false, isTakenBack: false };
      moves(refund, 'pending', { key, pastKeys, amountMinor, ...fresh });
    },

    async applyRefundEvidence(orderId, { deadLetterId, happened }) {
      const found = entry(orderId);
      const letter = unsettledLetter(orderId, 'refund', deadLetterId);
      const refund = found.refunds.find(({ refundId }) => refundId === letter?.subject);
      if (refund?.state !== 'failed' && refund?.state !== 'unknown') return;
      if (!happened) fail(found, refund, 'evidence');
      else if (refund.state === 'failed' && refund.amountMinor > leftFor(found, refund.attempt))
        settleLetter(found, refund);
      else if (moves(refund, 'succeeded')) settleLetter(found, refund);
    },

    idOf: (key) => find(key)?.refund.refundId,
    stateOf: (key) => {
      const refund = find(key)?.refund;
      return refund?.key === key ? refund.state : undefined;
    },
    failLate(key) {
      const hit = find(key);
      return hit?.refund.key === key && fail(hit.found, hit.refund, 'the bank returned it', true);
    },
  };
}

const keyOfTry = (orderId: string, refundId: string, number: number) => `${orderId}:refund:${refundId}:${number}`;

/** The sum of the refunds that have not failed. */
function claimedMinor(refunds: readonly FakeRefund[]): number {
  return refunds.reduce((sum, { amountMinor, state }) => sum + (state === 'failed' ? 0 : amountMinor), 0);
}

/** What nothing gives back, or may still give back, of what an attempt took. */
function leftFor({ attempts, refunds }: FakeOrder, attempt: number): number {
  const captured = attempts.find((other) => other.attempt === attempt)?.captured?.amountMinor ?? 0;
  return captured - claimedMinor(refunds.filter((refund) => refund.attempt === attempt));
}

function standingOf({ key, state, code, isLookedUp = false }: FakeRefund, asked: string): RefundStanding {
  if (key !== asked) return { kind: 'replaced' };
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
    at: AT_FAKE,
  };
}
