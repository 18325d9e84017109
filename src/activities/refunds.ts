import { Context } from '@temporalio/activity';
import type { Actor } from '../domain/actor.js';
import type { Evidence } from '../domain/dead-letter.js';
import type { OrderRun } from '../domain/order.js';
import type { RequestedRefund } from '../domain/requested-refund.js';
import type { Admission, RefundOutcome } from '../domain/outcomes.js';
import { gatewayFailure, SEND_MARGIN_MS, signal, timed, tooLate, type GatewayCall } from './gateway-calls.js';
import type { ChargePlace, GatewayRefund, PaymentGateways, RefundLookup, RefundResult } from './payments.js';

/** A refund to send, one to look up first, or one that the gateway refused and that needs a person. */
export type DueRefund =
  | { state: 'due' | 'unknown'; request: GatewayRefund; at: ChargePlace }
  | { state: 'refused'; code: string };

export interface LookedRefund extends GatewayCall {
  /** How long after its last send a refund may still appear at the gateway. */
  settlingTimeMs: number;
}

/** The state of a refund. `replaced`: it has a new key now, so what is due has to be read again. */
export type RefundStanding = RefundOutcome | { kind: 'sendable' } | { kind: 'replaced' };

/** Whether a refund may be sent now. `busy`: another sender has it, for this time at most. */
export type RefundClaim =
  | Exclude<RefundStanding, { kind: 'sendable' }>
  | { kind: 'send' }
  | { kind: 'busy'; retryAfterMs: number };

/** The store of refunds. Each method is one transaction that is committed when it returns. */
export interface RefundStore {
  /** Records, once, refunds for all captured money, and returns those that have not succeeded yet. */
  due(run: OrderRun): Promise<DueRefund[]>;
  /** Records a requested refund if what is left covers it. A repetition is admitted again. */
  openRefund(refund: RequestedRefund): Promise<Admission>;
  /** The requested refund, until it has succeeded. */
  dueOne(refund: { orderId: string; refundId: string }): Promise<DueRefund[]>;
  /** Lets one sender send it under this key, within this time. */
  claim(key: string, sendWindowMs: number): Promise<RefundClaim>;
  /**
   * A refusal makes it `failed` and opens a dead letter. So does an outcome that is still unknown after this many
   * tries; from then on it is looked up.
   */
  record(key: string, result: RefundResult, latencyMs: number, tries?: number): Promise<RefundStanding>;
  /**
   * The result of a look-up, undefined if the gateway could not be asked. A `not_found` counts only after the settling
   * time: then the refund may be sent again under its key.
   */
  looked(key: string, found: RefundLookup | undefined, call: LookedRefund): Promise<RefundStanding>;
  /** Gives a refused refund a new key; its dead letter goes open → redriving. */
  redriveRefund(orderId: string, deadLetterId: string, actor?: Actor): Promise<void>;
  applyRefundEvidence(orderId: string, evidence: Evidence): Promise<void>;
}

export interface RefundPorts {
  gateway: PaymentGateways;
  refunds: RefundStore;
}

export type RefundActivities = ReturnType<typeof createRefundActivities>;

export function createRefundActivities({ gateway, refunds }: RefundPorts) {
  return {
    /**
     * Refunds what was captured for the order and is not refunded yet, if anything. A refund whose
     * outcome is unknown after `tries` sends is looked up instead.
     * @throws ApplicationFailure while the gateway is failing
     */
    refundCharges: async ({ tries, ...run }: OrderRun & { tries: number }): Promise<RefundOutcome> =>
      sendAll(() => refunds.due(run), tries),

    openRefund: (refund: RequestedRefund): Promise<Admission> => refunds.openRefund(refund),

    /** The same for one requested refund. */
    sendRefund: async ({
      tries,
      ...refund
    }: {
      orderId: string;
      refundId: string;
      tries: number;
    }): Promise<RefundOutcome> => sendAll(() => refunds.dueOne(refund), tries),

    redriveRefund: ({
      orderId,
      deadLetterId,
      actor,
    }: {
      orderId: string;
      requestId?: string;
      deadLetterId: string;
      actor?: Actor | undefined;
    }): Promise<void> => refunds.redriveRefund(orderId, deadLetterId, actor),

    applyRefundEvidence: ({
      orderId,
      evidence,
    }: {
      orderId: string;
      requestId?: string;
      evidence: Evidence;
    }): Promise<void> => refunds.applyRefundEvidence(orderId, evidence),
  };

  /** None of them holds up the others; the answer is that of the one that is furthest from done. */
  async function sendAll(read: () => Promise<DueRefund[]>, tries: number): Promise<RefundOutcome> {
    for (;;) {
      const standings: Exclude<RefundStanding, { kind: 'sendable' }>[] = [];
      for (const refund of await read()) standings.push(await send(refund, tries));
      const outcomes = standings.filter((standing) => standing.kind !== 'replaced');
      if (outcomes.length < standings.length) continue;
      const worst = (kind: RefundOutcome['kind']) => outcomes.find((outcome) => outcome.kind === kind);
      return worst('unknown') ?? worst('refused') ?? { kind: 'refunded' };
    }
  }

  async function send(refund: DueRefund, tries: number): Promise<Exclude<RefundStanding, { kind: 'sendable' }>> {
    if (refund.state === 'refused') return { kind: 'refused', code: refund.code };
    const { request, at } = refund;
    if (refund.state === 'unknown') {
      const standing = await look(request.key, at);
      if (standing.kind !== 'sendable') return standing;
    }
    const claimedAt = performance.now();
    const claim = await refunds.claim(request.key, SEND_MARGIN_MS + gateway.timeoutMs);
    if (claim.kind === 'busy') throw gatewayFailure({ ...claim, kind: 'not_executed', reason: 'it is being sent' });
    if (claim.kind !== 'send') return claim;
    // A process that was paused must not send what may have been settled meanwhile under another key.
    const isLate = performance.now() - claimedAt > SEND_MARGIN_MS;
    const { result, call } = await timed(async () => (isLate ? tooLate : gateway.refund(request, signal(), at)));
    const standing = await refunds.record(request.key, result, call.latencyMs, tries);
    if (standing.kind !== 'sendable') return standing;
    if (result.kind === 'not_executed' || result.kind === 'ambiguous') throw gatewayFailure(result);
    throw new Error(`the gateway's answer about refund ${request.key} left it to be sent`);
  }

  async function look(key: string, at: ChargePlace): ReturnType<RefundStore['looked']> {
    const { settlingTimeMs } = gateway;
    const { result: found, call } = await timed(() =>
      gateway.lookupRefund(key, signal(), at).catch((error: unknown) => {
        Context.current().log.warn('the gateway could not be asked about a refund', { key, error: String(error) });
        return undefined;
      }),
    );
    return refunds.looked(key, found, { ...call, settlingTimeMs });
  }
}
