import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { OrderRun } from '../domain/order.js';
import type { ChargeOutcome } from '../domain/outcomes.js';

/** What is sent to a gateway to take money once. `key` is the idempotency key: the same key is the same charge. */
export interface ChargeRequest {
  key: string;
  orderId: string;
  amountMinor: number;
  currency: string;
  method: string;
}

export interface RefundRequest {
  key: string;
  /** The idempotency key of the charge whose money goes back. */
  chargeKey: string;
  orderId: string;
  amountMinor: number;
  currency: string;
}

export type Captured = { kind: 'captured'; reference: string; amountMinor: number; currency: string };
export type Declined = { kind: 'declined'; code: string };

/** Trouble on the way, classed by what the provider's contract says about its effect. */
export type GatewayTrouble =
  /** Provably nothing happened: connection refused, 429, a provider's "try later". */
  | { kind: 'not_executed'; reason: string; retryAfterMs?: number }
  /** Nobody knows: timeout, reset, any other server error. */
  | { kind: 'ambiguous'; reason: string };

export type ChargeResult = Captured | Declined | GatewayTrouble;
export type LookupResult = Captured | Declined | { kind: 'processing' } | { kind: 'not_found' };
export type RefundResult = { kind: 'refunded'; reference: string } | { kind: 'refused'; code: string } | GatewayTrouble;

/** A payment provider. Adapters class every answer and every network error; they throw only on their own bugs. */
export interface PaymentGateway {
  readonly name: string;
  /** The longest that one call may take. */
  readonly timeoutMs: number;
  /** How long after a send its charge may still appear; a `not_found` before that proves nothing. */
  readonly settlingTimeMs: number;
  charge(request: ChargeRequest, signal: AbortSignal): Promise<ChargeResult>;
  /** Asks what became of the charge with this key. Throws when the provider cannot be asked. */
  lookup(key: string, signal: AbortSignal): Promise<LookupResult>;
  refund(request: RefundRequest, signal: AbortSignal): Promise<RefundResult>;
}

/** What the books allow a try to do. `doubtful`: an earlier send under this key has no known outcome. */
export type Claim =
  | { kind: 'send'; attempt: number; doubtful: boolean; request: ChargeRequest }
  | { kind: 'answered'; outcome: ChargeOutcome };

/** What the books know of an order's charge. `settlesInMs`: until then a `not_found` proves nothing; 0 when over. */
export type Standing =
  | { kind: 'known'; outcome: ChargeOutcome }
  | { kind: 'open'; attempt: number; key: string; settlesInMs: number };

/** The books of charge attempts. Each method is one transaction that is committed when it returns. */
export interface ChargeStore {
  /** Writes down the intent to send, before anything is sent; the send must start within `sendWindowMs`. */
  claim(run: OrderRun, sendWindowMs: number): Promise<Claim>;
  /** Money was taken: confirms the order if it may still be confirmed. */
  captured(run: OrderRun, attempt: number, capture: Captured): Promise<ChargeOutcome>;
  declined(run: OrderRun, attempt: number, code: string): Promise<ChargeOutcome>;
  /**
   * A look-up proved that no money was or will be taken: the gateway had declined, or did not find the charge and the
   * settling time is over, which is checked again against sends that began meanwhile.
   */
  disproved(run: OrderRun, attempt: number, by: Declined | { settlingTimeMs: number }): Promise<ChargeOutcome>;
  troubled(run: OrderRun, attempt: number, trouble: GatewayTrouble): Promise<void>;
  /** Gives up an intent that was never sent, and tells what is known. */
  standing(run: OrderRun, settlingTimeMs: number): Promise<Standing>;
  /** Shows that the outcome of the order's charge is not known, while its stock stays held. */
  unknown(run: OrderRun): Promise<void>;
}

export interface PaymentPorts {
  gateway: PaymentGateway;
  charges: ChargeStore;
}

// From the intent to the start of its send there may be one look-up and a little more.
const SEND_MARGIN_MS = 2_000;

export type PaymentActivities = ReturnType<typeof createPaymentActivities>;

export function createPaymentActivities({ gateway, charges }: PaymentPorts) {
  const startWithinMs = gateway.timeoutMs + SEND_MARGIN_MS;

  return {
    /**
     * One try to charge the order: intent, gateway, books.
     * @throws ApplicationFailure `GatewayNotExecuted` or `GatewayAmbiguous`, to be retried under the same key
     */
    async chargePayment(run: OrderRun): Promise<ChargeOutcome> {
      const { cancellationSignal } = Context.current();
      const claimedAt = performance.now();
      const claim = await charges.claim(run, startWithinMs + gateway.timeoutMs);
      if (claim.kind === 'answered') return claim.outcome;
      const { attempt, doubtful, request } = claim;

      if (doubtful) {
        const found = await gateway.lookup(request.key, cancellationSignal);
        if (found.kind === 'processing') return { kind: 'unknown', retryAfterMs: 0 };
        if (found.kind !== 'not_found') return recordFound(run, attempt, found);
      }

      // A process that was paused must not send what a look-up may have declared dead meanwhile.
      const isLate = performance.now() - claimedAt > startWithinMs;
      const result = isLate ? tooLate : await gateway.charge(request, cancellationSignal);
      switch (result.kind) {
        case 'captured':
          return charges.captured(run, attempt, result);
        case 'declined':
          return charges.declined(run, attempt, result.code);
        case 'not_executed':
        case 'ambiguous':
          await charges.troubled(run, attempt, result);
          throw gatewayFailure(result);
      }
    },

    /** Finds out what became of the order's charge, from the books and, where they are open, from the gateway. */
    async settleCharge(run: OrderRun): Promise<ChargeOutcome> {
      const { cancellationSignal, log } = Context.current();
      const standing = await charges.standing(run, gateway.settlingTimeMs);
      if (standing.kind === 'known') return standing.outcome;
      const { attempt, key, settlesInMs } = standing;

      const found = await gateway.lookup(key, cancellationSignal).catch((error: unknown): LookupResult => {
        log.warn('the gateway could not be asked', { orderId: run.orderId, attempt, error: String(error) });
        return { kind: 'processing' };
      });
      if (found.kind === 'captured' || found.kind === 'declined') return recordFound(run, attempt, found);
      if (found.kind === 'not_found' && settlesInMs === 0) {
        return charges.disproved(run, attempt, { settlingTimeMs: gateway.settlingTimeMs });
      }
      await charges.unknown(run);
      return { kind: 'unknown', retryAfterMs: settlesInMs };
    },
  };

  function recordFound(run: OrderRun, attempt: number, found: Captured | Declined): Promise<ChargeOutcome> {
    return found.kind === 'captured' ? charges.captured(run, attempt, found) : charges.disproved(run, attempt, found);
  }
}

const tooLate: GatewayTrouble = { kind: 'not_executed', reason: 'the time to send had passed; nothing was sent' };

/** What a try throws so that Temporal retries it, no sooner than the gateway asked for. */
export function gatewayFailure(trouble: GatewayTrouble): ApplicationFailure {
  const notExecuted = trouble.kind === 'not_executed';
  return ApplicationFailure.create({
    type: notExecuted ? 'GatewayNotExecuted' : 'GatewayAmbiguous',
    message: trouble.reason,
    ...(notExecuted && trouble.retryAfterMs !== undefined ? { nextRetryDelay: trouble.retryAfterMs } : {}),
  });
}
