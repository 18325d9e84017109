import type { Captured, ChargeStore, Claim, Standing } from '../../src/activities/payments.js';
import { chargeKey } from '../../src/domain/ids.js';
import { canTransition, isBeingPaid, isPaid, type OrderRun, type Undone } from '../../src/domain/order.js';
import type { ChargeOutcome } from '../../src/domain/outcomes.js';
import { ATTEMPT_TRANSITIONS, type AttemptState } from '../../src/domain/payment.js';
import { requestedOf } from './fake-orders.js';
import type { FakeAttempt, FakeOrder, FakeTables } from './fake-tables.js';

const SUPERSEDED: ChargeOutcome = { kind: 'superseded' };

/** The books of charge attempts in memory. */
export function createFakeCharges(tables: FakeTables): ChargeStore {
  const { entry, move, hold, openLetter, resolveLetters, settling } = tables;

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
  const capture = (run: OrderRun, attempt: number, { amountMinor, currency }: Captured): ChargeOutcome => {
    const found = entry(run.orderId);
    const row = attemptOf(run, attempt);
    row.state = 'captured';
    row.captured = { amountMinor, currency };
    resolveLetters(run.orderId, ['payment_unknown']);
    const isOpen = found.owner === run.owner && canTransition(found.status, 'confirmed');
    const requested = requestedOf(found);
    if (isOpen && requested !== undefined) {
      move(found, 'cancelling');
      found.undoing = requested;
    } else if (isOpen && asAgreed(found, row) && (found.held === 'active' || hold(found))) {
      move(found, 'confirmed');
      found.held = 'committed';
      found.settledBy = attempt;
      resolveLetters(run.orderId, ['charge', 'reserve', 'run']);
    }
    return outcomeOf(found, row) ?? SUPERSEDED;
  };
  const standingOf = ({ attempt }: FakeAttempt, orderId: string): Standing => ({
    kind: 'open',
    attempt,
    key: chargeKey(orderId, attempt),
    settlesInMs: settling.inMs,
  });

  return {
    async claim(run): Promise<Claim> {
      const found = entry(run.orderId);
      if (found.owner !== run.owner) return { kind: 'answered', outcome: SUPERSEDED };
      const own = ownAttempt(found, run);
      const outcome = outcomeOf(found, own) ?? undoingOf(requestedOf(found));
      if (outcome !== undefined) return { kind: 'answered', outcome };
      if (found.status === 'payment_unknown') {
        return { kind: 'answered', outcome: { kind: 'unknown', retryAfterMs: 0 } };
      }
      if (found.status !== 'reserved') return { kind: 'answered', outcome: SUPERSEDED };
      if (own === undefined && found.attempts.some(isOpen)) throw new Error('another charge of this order is open');

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
      const { currency, totalMinor: amountMinor, paymentMethod: method, orderId } = found.order;
      const request = { key: chargeKey(orderId, row.attempt), orderId, amountMinor, currency, method };
      return { kind: 'send', attempt: row.attempt, doubtful: row.doubtful, request };
    },

    captured: async (run, attempt, captured) => capture(run, attempt, captured),

    async declined(run, attempt, code) {
      const row = attemptOf(run, attempt);
      if (row.state === 'sent') Object.assign(row, { state: row.doubtful ? 'unknown' : 'declined', code });
      return outcomeNow(run);
    },

    async disproved(run, attempt, _call, code) {
      disprove(run, attempt, code);
      return outcomeNow(run);
    },

    async troubled(run, attempt, trouble) {
      const row = attemptOf(run, attempt);
      if (row.state !== 'sent') return;
      row.doubtful ||= trouble.kind === 'ambiguous';
      row.state = row.doubtful ? 'unknown' : 'created';
    },

    async spared(run, attempt) {
      const row = attemptOf(run, attempt);
      if (row.state === 'sent')
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
        .map(({ attempt }) => ({ attempt, key: chargeKey(orderId, attempt) }));
    },

    async unknown(run, attempt) {
      const { status, owner } = entry(run.orderId);
      if (owner !== run.owner || !isOpen(attemptOf(run, attempt))) return;
      if (status === 'reserved') move(entry(run.orderId), 'payment_unknown');
      const lastError = 'the gateway does not say';
      const { orderId } = run;
      openLetter({ orderId, kind: 'payment_unknown', step: 'charge', errorClass: 'ChargeUnknown', lastError });
    },

    async applyEvidence(run, { deadLetterId, happened, reference }) {
      const letter = tables.letters.find(({ id, kind }) => id === deadLetterId && kind === 'payment_unknown');
      const found = entry(run.orderId);
      const open = found.attempts.find(isOpen);
      if (letter?.orderId !== run.orderId || found.owner !== run.owner || open === undefined) return;
      const { totalMinor: amountMinor, currency } = found.order;
      if (happened) capture(run, open.attempt, { kind: 'captured', reference, amountMinor, currency });
      else disprove(run, open.attempt);
    },
  };
}

const isOpen = ({ state }: FakeAttempt) => state === 'sent' || state === 'unknown' || state === 'created';

const mayMove = (from: AttemptState, to: AttemptState) =>
  (ATTEMPT_TRANSITIONS[from] as readonly AttemptState[]).includes(to);

function ownAttempt({ attempts }: FakeOrder, { owner }: OrderRun): FakeAttempt | undefined {
  return attempts.findLast((attempt) => attempt.owner === owner);
}

const ANSWERS: readonly ChargeOutcome['kind'][] = ['confirmed', 'declined', 'mismatch', 'undoing'];

const isGivenBack = ({ refunds }: FakeOrder, { attempt }: FakeAttempt) =>
  refunds.some((refund) => refund.attempt === attempt);

const undoingOf = (ending: Undone | undefined): ChargeOutcome | undefined =>
  ending === undefined ? undefined : { kind: 'undoing', ending };

function asAgreed({ order }: FakeOrder, { captured }: FakeAttempt): boolean {
  return captured?.amountMinor === order.totalMinor && captured.currency === order.currency;
}

function outcomeOf(found: FakeOrder, attempt: FakeAttempt | undefined): ChargeOutcome | undefined {
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
