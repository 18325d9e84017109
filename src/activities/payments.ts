import { Context } from '@temporalio/activity';
import type { Evidence } from '../domain/dead-letter.js';
import { spread } from '../domain/jitter.js';
import type { OrderRun } from '../domain/order.js';
import type { ChargeOutcome } from '../domain/outcomes.js';
import { counted } from './counted-tries.js';
import {
  gatewayFailure,
  SEND_MARGIN_MS,
  signal,
  timed,
  tooLate,
  type GatewayCall,
  type GatewayTrouble,
} from './gateway-calls.js';

/** A request to a gateway to take money once. `key` is the idempotency key: the same key is the same charge. */
export interface ChargeRequest {
  key: string;
  orderId: string;
  amountMinor: number;
  currency: string;
  method: string;
}

export interface GatewayRefund {
  key: string;
  /** The idempotency key of the charge whose money goes back. */
  chargeKey: string;
  orderId: string;
  amountMinor: number;
  currency: string;
}

/** Where a charge is: its gateway, and the provider's own id of it, if that was stored before the money moved. */
export interface ChargePlace {
  gateway: string;
  chargeId: string | null;
}

export type Captured = { kind: 'captured'; reference: string; amountMinor: number; currency: string };
export type Declined = { kind: 'declined'; code: string };

/** The circuit breaker is open: nothing was sent. */
export type Refused = { kind: 'refused'; retryAfterMs: number };

export type ChargeResult = Captured | Declined | GatewayTrouble | Refused;
/** The charge exists at the provider, and no money has moved. */
export type PrepareResult = { kind: 'prepared'; chargeId: string } | Declined | GatewayTrouble | Refused;
export type LookupResult = Captured | Declined | { kind: 'processing' } | { kind: 'not_found' };
/** `refused` includes a refund that failed after the gateway had accepted it. */
export type RefundLookup =
  | { kind: 'refunded'; reference: string }
  | { kind: 'refused'; code: string }
  | { kind: 'processing' }
  | { kind: 'not_found' };
export type RefundResult = { kind: 'refunded'; reference: string } | { kind: 'refused'; code: string } | GatewayTrouble;

/** A payment provider. Adapters classify every answer and every network error; they throw only on bugs. */
export interface PaymentGateway {
  readonly name: string;
  /** The longest that one call may take. */
  readonly timeoutMs: number;
  /** How long after a send its charge may still appear; a `not_found` before that proves nothing. */
  readonly settlingTimeMs: number;
  /** For a provider that creates a charge before it takes money: its id is stored before `charge` is called. */
  prepare?(request: ChargeRequest, signal: AbortSignal): Promise<PrepareResult>;
  charge(request: ChargeRequest, signal: AbortSignal, at?: ChargePlace): Promise<ChargeResult>;
  /** Looks up the charge with this key. Throws if the provider cannot be asked. */
  lookup(key: string, signal: AbortSignal, at?: ChargePlace): Promise<LookupResult>;
  refund(request: GatewayRefund, signal: AbortSignal, at?: ChargePlace): Promise<RefundResult>;
  /** Looks up the refund with this key. Throws if the provider cannot be asked. */
  lookupRefund(key: string, signal: AbortSignal, at?: ChargePlace): Promise<RefundLookup>;
}

/** All gateways that are on, as one: `at` says which of them a call is for. The times are the longest of them. */
export interface PaymentGateways extends Pick<PaymentGateway, 'timeoutMs' | 'settlingTimeMs'> {
  /** @returns undefined from a gateway that prepares nothing */
  prepare?(request: ChargeRequest, signal: AbortSignal, at: ChargePlace): Promise<PrepareResult | undefined>;
  charge(request: ChargeRequest, signal: AbortSignal, at: ChargePlace): Promise<ChargeResult>;
  lookup(key: string, signal: AbortSignal, at: ChargePlace): Promise<LookupResult>;
  refund(request: GatewayRefund, signal: AbortSignal, at: ChargePlace): Promise<RefundResult>;
  lookupRefund(key: string, signal: AbortSignal, at: ChargePlace): Promise<RefundLookup>;
}

/** What the database allows a try to do. `doubtful`: an earlier send under this key has no known outcome. */
export type Claim =
  | { kind: 'send'; attempt: number; doubtful: boolean; request: ChargeRequest; at: ChargePlace }
  | { kind: 'answered'; outcome: ChargeOutcome };

/**
 * What the database knows of an order's charge. `settlesInMs`: until then a `not_found` proves nothing; 0 when over.
 */
export type Standing =
  | { kind: 'known'; outcome: ChargeOutcome }
  | { kind: 'open'; attempt: number; key: string; at: ChargePlace; settlesInMs: number };

/** The store of charge attempts. Each method is one transaction that is committed when it returns. */
export interface ChargeStore {
  /** Records the intent to send, before anything is sent; the send must start within `sendWindowMs`. */
  claim(run: OrderRun, sendWindowMs: number, reservationTtlMs: number): Promise<Claim>;
  /** Keeps the provider's id of a prepared charge. @returns the id that counts, or undefined when nothing may be sent */
  prepared(run: OrderRun, attempt: number, chargeId: string): Promise<string | undefined>;
  /** Money was taken: confirms the order if it may still be confirmed. */
  captured(run: OrderRun, attempt: number, capture: Captured, call: GatewayCall): Promise<ChargeOutcome>;
  declined(run: OrderRun, attempt: number, code: string, call: GatewayCall): Promise<ChargeOutcome>;
  /** A look-up proved that no money was or will be taken; `code` if the gateway had declined. */
  disproved(run: OrderRun, attempt: number, call: GatewayCall, code?: string): Promise<ChargeOutcome>;
  troubled(run: OrderRun, attempt: number, trouble: GatewayTrouble, call: GatewayCall): Promise<void>;
  /**
   * Nothing was sent, and nothing will be for `waitMs`: the claim's try is not counted.
   * @returns how many were sent before
   */
  notSent(run: OrderRun, attempt: number, waitMs: number): Promise<number>;
  /** Gives up an intent that was never sent, and returns what is known of this run's charge. */
  standing(run: OrderRun, settlingTimeMs: number): Promise<Standing>;
  /** The charges of any run of this order that are known to have taken nothing: the gateway may say otherwise later. */
  dismissed(run: OrderRun): Promise<{ attempt: number; key: string; at: ChargePlace }[]>;
  /**
   * The first charge of any run of this order, including the owner, that is still open; `known` if none is, with the
   * outcome of the newest: confirmed, declined, a mismatch, or else not charged. A capture that its order still waits
   * for confirms the order now. For an order that is being undone: how it ends.
   */
  earlierStanding(run: OrderRun, settlingTimeMs: number): Promise<Standing>;
  /**
   * Records that the outcome of the order's charge is unknown, while its stock stays reserved; opens the dead letter.
   */
  unknown(run: OrderRun, attempt: number, call: GatewayCall): Promise<void>;
  /** Settles the open charge with the evidence that a person gave; resolves the dead letter. */
  applyChargeEvidence(run: OrderRun, evidence: Evidence): Promise<void>;
}

export interface PaymentPorts {
  gateway: PaymentGateways;
  charges: ChargeStore;
}

// The pause before a gateway that could not be asked about a doubtful charge is asked again.
const ASK_AGAIN_MS = 5_000;

type Sendable = Extract<Claim, { kind: 'send' }>;

export type PaymentActivities = ReturnType<typeof createPaymentActivities>;

export function createPaymentActivities({ gateway, charges }: PaymentPorts) {
  // There may be a look-up before the send, and a preparation.
  const startWithinMs = gateway.timeoutMs * (gateway.prepare === undefined ? 1 : 2) + SEND_MARGIN_MS;

  return {
    /**
     * One try to charge the order: record the intent, call the gateway, record the outcome.
     * @throws ApplicationFailure `GatewayNotExecuted` or `GatewayAmbiguous`, to be retried under the same key
     */
    chargePayment: counted(async ({ ttlMs, ...run }: OrderRun & { ttlMs: number }): Promise<ChargeOutcome> => {
      const claimedAt = performance.now();
      const claim = await charges.claim(run, startWithinMs + gateway.timeoutMs, ttlMs);
      if (claim.kind === 'answered') return claim.outcome;
      const { attempt, doubtful, request, at } = claim;

      if (doubtful) {
        const { result: found, call } = await timed(() => ask(attempt, request.key, at));
        // A gateway that cannot be asked is unavailable: as with the circuit breaker, that uses up no try.
        if (found === undefined) {
          return refused(run, attempt, ASK_AGAIN_MS);
        }
        if (found.kind === 'processing') return { kind: 'unknown', retryAfterMs: 0 };
        if (found.kind !== 'not_found') return recordFound(run, attempt, found, call);
      }

      // A process that was paused must not send what a look-up may have declared dead meanwhile.
      const isLate = () => performance.now() - claimedAt > startWithinMs;
      const { result, call } = await timed(async () => send(run, claim, isLate));
      countTry(result.kind);
      switch (result.kind) {
        case 'captured':
          return charges.captured(run, attempt, result, call);
        case 'declined':
          return charges.declined(run, attempt, result.code, call);
        case 'refused':
          return refused(run, attempt, result.retryAfterMs);
        case 'not_executed':
        case 'ambiguous':
          await charges.troubled(run, attempt, result, call);
          throw gatewayFailure(result);
      }
    }),

    /** Finds out the outcome of this run's charge, from the database and, if it is open, from the gateway. */
    async settleCharge(run: OrderRun): Promise<ChargeOutcome> {
      return lookUp(run, await charges.standing(run, gateway.settlingTimeMs));
    },

    /** The same for all charges that any run of this order ever sent: known only if each of them is. */
    async settleEarlierCharges(run: OrderRun): Promise<ChargeOutcome> {
      for (;;) {
        const standing = await charges.earlierStanding(run, gateway.settlingTimeMs);
        const outcome = await lookUp(run, standing);
        if (standing.kind === 'known' || outcome.kind === 'unknown') return outcome;
      }
    },

    /** Looks up charges that had taken nothing again, and records those that were captured after all. */
    async findLateCaptures(run: OrderRun): Promise<void> {
      for (const { attempt, key, at } of await charges.dismissed(run)) {
        const { result: found, call } = await timed(() => gateway.lookup(key, signal(), at));
        if (found.kind === 'captured') await charges.captured(run, attempt, found, call);
      }
    },

    async applyChargeEvidence({ evidence, ...run }: OrderRun & { evidence: Evidence }): Promise<void> {
      return charges.applyChargeEvidence(run, evidence);
    },
  };

  async function send(run: OrderRun, { attempt, request, at }: Sendable, isLate: () => boolean): Promise<ChargeResult> {
    if (isLate()) return tooLate;
    const prepared = at.chargeId === null ? await gateway.prepare?.(request, signal(), at) : undefined;
    if (prepared === undefined) return gateway.charge(request, signal(), at);
    if (prepared.kind !== 'prepared') return prepared;
    const chargeId = await charges.prepared(run, attempt, prepared.chargeId);
    if (chargeId === undefined || isLate()) return tooLate;
    return gateway.charge(request, signal(), { ...at, chargeId });
  }

  /** The workflow waits until the time that the database says. */
  async function refused(run: OrderRun, attempt: number, retryAfterMs: number): Promise<ChargeOutcome> {
    const tries = await charges.notSent(run, attempt, spread(retryAfterMs, run.orderId));
    return { kind: 'refused', retryAfterMs, tries };
  }

  /** What the gateway says about a charge; undefined when it cannot be asked. */
  async function ask(attempt: number, key: string, at: ChargePlace): Promise<LookupResult | undefined> {
    return gateway.lookup(key, signal(), at).catch((error: unknown) => {
      Context.current().log.warn('the gateway could not be asked', { charge_attempt: attempt, error: String(error) });
      return undefined;
    });
  }

  async function lookUp(run: OrderRun, standing: Standing): Promise<ChargeOutcome> {
    if (standing.kind === 'known') return standing.outcome;
    const { attempt, key, at, settlesInMs } = standing;
    const { result: found = { kind: 'processing' }, call } = await timed(() => ask(attempt, key, at));
    if (found.kind === 'captured' || found.kind === 'declined') return recordFound(run, attempt, found, call);
    if (found.kind === 'not_found' && settlesInMs === 0) return charges.disproved(run, attempt, call);
    await charges.unknown(run, attempt, call);
    return { kind: 'unknown', retryAfterMs: settlesInMs };
  }

  function recordFound(run: OrderRun, attempt: number, found: Captured | Declined, call: GatewayCall) {
    return found.kind === 'captured'
      ? charges.captured(run, attempt, found, call)
      : charges.disproved(run, attempt, call, found.code);
  }
}

function countTry(outcome: ChargeResult['kind']): void {
  const { metricMeter } = Context.current();
  metricMeter.createCounter('holdfast_charge_tries', '', 'Tries to charge, by outcome').add(1, { outcome });
}
