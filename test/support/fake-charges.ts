import type { Captured, ChargeStore, Claim, Standing } from '../../src/activities/payments.js';
import { chargeKey } from '../../src/domain/ids.js';
import { canTransition, isBeingPaid, isPaid, type OrderRun, type Undone } from '../../src/domain/order.js';
import type { ChargeOutcome } from '../../src/domain/outcomes.js';
import { ATTEMPT_TRANSITIONS, type AttemptState } from '../../src/domain/payment-states.js';
import type { FakeAttempt, FakeOrder, FakeTables } from './fake-tables.js';

type Outlook = Pick<FakeOrder, 'order' | 'status'> & { undoing?: Undone | undefined };

/** Of everything that the books in memory know. */
export const AT_FAKE = { gateway: 'fake', chargeId: null };

const SUPERSEDED: ChargeOutcome = { kind: 'superseded' };

/** The books of charge attempts in memory. */
export function createFakeCharges(tables: FakeTables): ChargeStore {
  const { entry, move, hold, openLetter, resolveLetters, requestedOf, isPastItsTime, settling } = tables;

  const attemptOf = ({ orderId }: OrderRun, attempt: number): FakeAttempt => {
    const found = entry(orderId).attempts.find((other) => other.attempt === attempt);
    if (found === undefined) throw new Error(`no attempt ${attempt} of ${orderId}`);
    return found;
  };
  const outcomeNow = (run: OrderRun): ChargeOutcome => {
    const found = entry(run.orderId);
    return outcomeOf(found, ownAttempt(found, run)) ?? { kind: 'unknown', retryAfterMs: 0 };
  };
  const disprove = (run: OrderRun, attempt: number, code?: string) => {
    const row = attemptOf(run, attempt);
    const state = code === undefined ? 'not_charged' : 'declined';
    if (!mayMove(row.state, state)) return;
    Object.assign(row, code === undefined ? { state } : { state, code });
    resolveLetters(run.orderId, ['payment_unknown']);
  };
  const capture = (run: OrderRun, attempt: number, captured: Captured): ChargeOutcome => {
    const found = entry(run.orderId);
    const row = attemptOf(run, attempt);
    row.state = 'captured';
    row.captured = { amountMinor: captured.amountMinor, currency: captured.currency };
    resolveLetters(run.orderId, ['payment_unknown']);
    const isConfirmable = found.owner === run.owner && canTransition(found.status, 'confirmed');
    const requested = requestedOf(found);
    if (isConfirmable && requested?.status === 'cancelled') {
      move(found, 'cancelling');
      Object.assign(found, { undoing: requested, cancelRequested: true, cancelReason: requested.reason });
    } else if (isConfirmable && asAgreed(found, row) && (found.held === 'active' || hold(found))) {
      move(found, 'confirmed');
      found.held = 'committed';
      found.settledBy = attempt;
      resolveLetters(run.orderId, ['charge', 'reserve', 'run']);
    }
    return captureOutcome(found, run, row);
  };
  const standingOf = ({ attempt }: FakeAttempt, orderId: string): Standing => ({
    kind: 'open',
    attempt,
    key: chargeKey(orderId, attempt),
    at: AT_FAKE,
    settlesInMs: settling.inMs,
  });

  return {
    async claim(run, _sendWindowMs, ttlMs): Promise<Claim> {
      const found = entry(run.orderId);
      if (found.owner !== run.owner) return { kind: 'answered', outcome: SUPERSEDED };
      const own = ownAttempt(found, run);
      const outcome = outcomeOf(found, own) ?? undoingOf(requestedOf(found));
      if (outcome !== undefined) return { kind: 'answered', outcome };
      if (found.status === 'payment_unknown') {
        return { kind: 'answered', outcome: { kind: 'unknown', retryAfterMs: 0 } };
      }
      if (found.status !== 'reserved') return { kind: 'answered', outcome: SUPERSEDED };
      if (own === undefined && isPastItsTime(found, run)) return { kind: 'answered', outcome: { kind: 'expired' } };
      const isInTheWay = (other: FakeAttempt) => isOpen(other) || other.state === 'created' || isKept(found, other);
      if (own === undefined && found.attempts.some(isInTheWay)) throw new Error('there is a charge of another run');

      const row = own ?? {
        attempt: found.attempts.length + 1,
        owner: run.owner,
        state: 'created',
        doubtful: false,
        tries: 0,
      };
      if (own === undefined) found.attempts.push(row);
      row.doubtful ||= row.state !== 'created';
      row.state = 'sent';
      row.tries += 1;
      if (own !== undefined) found.expiresAt = Date.now() + ttlMs;
      const { currency, totalMinor: amountMinor, paymentMethod: method, orderId } = found.order;
      const request = { key: chargeKey(orderId, row.attempt), orderId, amountMinor, currency, method };
      return { kind: 'send', attempt: row.attempt, doubtful: row.doubtful, request, at: AT_FAKE };
    },

    prepared: async (_run, _attempt, chargeId) => chargeId,

    captured: async (run, attempt, captured) => capture(run, attempt, captured),

    async declined(run, attempt, code) {
      const row = attemptOf(run, attempt);
      if (row.state === 'sent') Object.assign(row, { state: row.doubtful ? 'unknown' : 'declined', code });
      return outcomeNow(run);
    },

    async disproved(run, attempt, _call, code) {
      // A send that may still begin is not what the look-up spoke of.
      if (code !== undefined || settling.inMs === 0) disprove(run, attempt, code);
      return outcomeNow(run);
    },

    async troubled(run, attempt, trouble) {
      const row = attemptOf(run, attempt);
      if (row.state !== 'sent') return;
      row.doubtful ||= trouble.kind === 'ambiguous';
      row.state = row.doubtful ? 'unknown' : 'created';
    },

    async notSent(run, attempt) {
      const row = attemptOf(run, attempt);
      if (row.state !== 'sent') return 0;
      Object.assign(row, { state: row.doubtful ? 'unknown' : 'created', tries: row.tries - 1 });
      return row.tries;
    },

    async standing(run) {
      const found = entry(run.orderId);
      if (found.owner !== run.owner) return { kind: 'known', outcome: SUPERSEDED };
      const own = ownAttempt(found, run);
      if (own?.state === 'created') own.state = 'not_charged';
      const outcome = outcomeOf(found, own);
      if (outcome !== undefined) return { kind: 'known', outcome };
      return own === undefined ? { kind: 'known', outcome: { kind: 'not_charged' } } : standingOf(own, run.orderId);
    },

    async earlierStanding(run) {
      const found = entry(run.orderId);
      if (found.owner !== run.owner) return { kind: 'known', outcome: SUPERSEDED };
      for (const row of found.attempts) if (row.state === 'created') row.state = 'not_charged';
      const open = found.attempts.find(isOpen);
      if (open !== undefined) return standingOf(open, run.orderId);
      const last = found.attempts.at(-1);
      const outcome = outcomeOf(found, last);
      if (outcome?.kind === 'unreserved' && last?.captured !== undefined && !isGivenBack(found, last)) {
        const captured: Captured = { kind: 'captured', reference: '', ...last.captured };
        return { kind: 'known', outcome: capture(run, last.attempt, captured) };
      }
      const isAnswer = outcome !== undefined && ANSWERS.includes(outcome.kind);
      return { kind: 'known', outcome: isAnswer ? outcome : { kind: 'not_charged' } };
    },

    async dismissed({ orderId }) {
      return entry(orderId)
        .attempts.filter(({ state, tries }) => (state === 'declined' || state === 'not_charged') && tries > 0)
        .map(({ attempt }) => ({ attempt, key: chargeKey(orderId, attempt), at: AT_FAKE }));
    },

    async unknown(run, attempt) {
      const { status, owner } = entry(run.orderId);
      if (owner !== run.owner || !isOpen(attemptOf(run, attempt))) return;
      if (status === 'reserved') move(entry(run.orderId), 'payment_unknown');
      const lastError = 'the gateway does not say';
      const { orderId } = run;
      openLetter({ orderId, kind: 'payment_unknown', step: 'charge', errorClass: 'ChargeUnknown', lastError });
    },

    async applyChargeEvidence(run, { deadLetterId, happened, reference }) {
      const letter = tables.unsettledLetter(run.orderId, 'payment_unknown', deadLetterId);
      const found = entry(run.orderId);
      if (letter === undefined || found.owner !== run.owner) return;
      const open = found.attempts.find(isOpen);
      const { totalMinor: amountMinor, currency } = found.order;
      if (open !== undefined && happened)
        capture(run, open.attempt, { kind: 'captured', reference, amountMinor, currency });
      else if (open !== undefined) disprove(run, open.attempt);
      resolveLetters(run.orderId, ['payment_unknown']);
    },
  };
}

const isOpen = ({ state }: FakeAttempt) => state === 'sent' || state === 'unknown';

const mayMove = (from: AttemptState, to: AttemptState) =>
  (ATTEMPT_TRANSITIONS[from] as readonly AttemptState[]).includes(to);

function ownAttempt({ attempts }: FakeOrder, { owner }: OrderRun): FakeAttempt | undefined {
  return attempts.findLast((attempt) => attempt.owner === owner);
}

const ANSWERS: readonly ChargeOutcome['kind'][] = ['confirmed', 'declined', 'mismatch', 'undoing'];

const isGivenBack = ({ refunds }: FakeOrder, { attempt }: FakeAttempt) =>
  refunds.some((refund) => refund.attempt === attempt);

/** Money that was taken, and is not all back. */
function isKept({ refunds }: FakeOrder, { attempt, captured }: FakeAttempt): boolean {
  const back = refunds.filter((refund) => refund.attempt === attempt && refund.state === 'succeeded');
  return captured !== undefined && captured.amountMinor > back.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}

const undoingOf = (ending: Undone | undefined): ChargeOutcome | undefined =>
  ending === undefined ? undefined : { kind: 'undoing', ending };

function asAgreed({ order }: Pick<FakeOrder, 'order'>, { captured }: FakeAttempt): boolean {
  return captured?.amountMinor === order.totalMinor && captured.currency === order.currency;
}

/** What is answered to the run that brings the money, which need not be what the order's other steps are told. */
function captureOutcome(found: FakeOrder, run: OrderRun, attempt: FakeAttempt): ChargeOutcome {
  const isOwner = found.owner === run.owner;
  if (found.status === 'cancelling' && isOwner && found.undoing) return { kind: 'undoing', ending: found.undoing };
  const outcome = outcomeOf({ ...found, undoing: undefined }, attempt) ?? SUPERSEDED;
  return outcome.kind === 'unreserved' && !isOwner ? SUPERSEDED : outcome;
}

function outcomeOf(found: Outlook, attempt: FakeAttempt | undefined): ChargeOutcome | undefined {
  const { status } = found;
  if (isPaid(status)) return { kind: 'confirmed' };
  if (found.undoing !== undefined) return { kind: 'undoing', ending: found.undoing };
  if (attempt?.captured !== undefined) {
    const { amountMinor: capturedMinor, currency } = attempt.captured;
    if (!asAgreed(found, attempt)) return { kind: 'mismatch', capturedMinor, currency };
    return isBeingPaid(status) ? { kind: 'unreserved' } : SUPERSEDED;
  }
  if (attempt?.state === 'declined') return { kind: 'declined', code: attempt.code ?? '' };
  return attempt?.state === 'not_charged' ? { kind: 'not_charged' } : undefined;
}
