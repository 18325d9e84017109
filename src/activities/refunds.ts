import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { OrderRun } from '../domain/order.js';
import { gatewayFailure, type PaymentGateway, type RefundRequest, type RefundResult } from './payments.js';

/** The books of refunds. Each method is one transaction that is committed when it returns. */
export interface RefundStore {
  /** Writes down, once, a refund for all captured money that has none, and returns those not yet settled. */
  due(run: OrderRun): Promise<RefundRequest[]>;
  record(key: string, result: RefundResult): Promise<void>;
}

export type RefundActivities = ReturnType<typeof createRefundActivities>;

export function createRefundActivities({ gateway, refunds }: { gateway: PaymentGateway; refunds: RefundStore }) {
  return {
    /**
     * Sends back what was captured for the order and is not refunded. Nothing captured: nothing done.
     * @throws ApplicationFailure while any of it is not accepted by the gateway
     */
    async refundCharges(run: OrderRun): Promise<void> {
      const { cancellationSignal } = Context.current();
      for (const request of await refunds.due(run)) {
        const result = await gateway.refund(request, cancellationSignal);
        await refunds.record(request.key, result);
        if (result.kind === 'refused') throw ApplicationFailure.create({ type: 'RefundRefused', message: result.code });
        if (result.kind !== 'refunded') throw gatewayFailure(result);
      }
    },
  };
}
