import { Context } from '@temporalio/activity';
import type { Evidence } from '../domain/dead-letter.js';
import type { OrderRun } from '../domain/order.js';
import type { Admission, RefundOutcome } from '../domain/outcomes.js';
import { gatewayFailure, type PaymentGateway, type RefundRequest, type RefundResult } from './payments.js';

export interface RequestedRefund {
  orderId: string;
  refundId: string;
  amountMinor?: number;
  reason: string;
  restock: boolean;
  fingerprint: string;
}

/** A refund to send, or one that the gateway refused and a person must look at. */
export type DueRefund = { state: 'due'; request: RefundRequest } | { state: 'refused'; code: string };

/** The books of refunds. Each method is one transaction that is committed when it returns. */
export interface RefundStore {
  /** Writes down, once, a refund for all captured money that has none, and returns those not yet succeeded. */
  due(run: OrderRun): Promise<DueRefund[]>;
  /** Writes down a refund that was asked for, if what is left covers it. The same again: admitted again. */
  open(refund: RequestedRefund): Promise<Admission>;
  /** The requested refund, while it is not succeeded. */
  dueOne(refund: { orderId: string; refundId: string }): Promise<DueRefund[]>;
  /** A refusal makes it `failed` and opens a dead letter. */
  record(key: string, result: RefundResult, latencyMs: number): Promise<void>;
  /** Gives a refused refund a new key; its dead letter goes open → redriving. */
  redrive(orderId: string, deadLetterId: string): Promise<void>;
  applyEvidence(orderId: string, evidence: Evidence): Promise<void>;
}

export interface RefundPorts {
  gateway: PaymentGateway;
  refunds: RefundStore;
}

export type RefundActivities = ReturnType<typeof createRefundActivities>;

export function createRefundActivities({ gateway, refunds }: RefundPorts) {
  return {
    /**
     * Sends back what was captured for the order and is not refunded. Nothing captured: nothing done.
     * @throws ApplicationFailure while the gateway is in trouble
     */
    refundCharges: async (run: OrderRun): Promise<RefundOutcome> => sendAll(await refunds.due(run)),

    openRefund: (refund: RequestedRefund): Promise<Admission> => refunds.open(refund),

    /** The same for one refund that was asked for. */
    sendRefund: async (refund: { orderId: string; refundId: string }): Promise<RefundOutcome> =>
      sendAll(await refunds.dueOne(refund)),

    redriveRefund: ({
      orderId,
      deadLetterId,
    }: {
      orderId: string;
      requestId?: string;
      deadLetterId: string;
    }): Promise<void> => refunds.redrive(orderId, deadLetterId),

    applyRefundEvidence: ({
      orderId,
      evidence,
    }: {
      orderId: string;
      requestId?: string;
      evidence: Evidence;
    }): Promise<void> => refunds.applyEvidence(orderId, evidence),
  };

  async function sendAll(due: DueRefund[]): Promise<RefundOutcome> {
    for (const refund of due) {
      if (refund.state === 'refused') return { kind: 'refused', code: refund.code };
      const started = performance.now();
      const result = await gateway.refund(refund.request, Context.current().cancellationSignal);
      await refunds.record(refund.request.key, result, Math.round(performance.now() - started));
      if (result.kind === 'refused') return { kind: 'refused', code: result.code };
      if (result.kind !== 'refunded') throw gatewayFailure(result);
    }
    return { kind: 'refunded' };
  }
}
