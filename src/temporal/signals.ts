import type { Client } from '@temporalio/client';
import type { MoneyUpdate } from '../domain/money-update.js';
import type { AcceptedOrder } from '../domain/order.js';
import type { Refund } from '../domain/order-record.js';
import type { OrderPolicy } from '../domain/policy.js';
import type { RequestedRefund } from '../domain/requested-refund.js';
import { isSignalLimit } from '../domain/signal-limit.js';
import {
  cancelOrder,
  cancelWorkflowId,
  news,
  orderWorkflowId,
  RECOVER_ORDER,
  recoverWorkflowId,
  REFUND_ORDER,
  refundWorkflowId,
  type CancelRequest,
} from '../workflows/contract.js';
import { isNotFound, type Bounded } from './bounded-calls.js';
import { startsOf } from './start-workflow.js';

/**
 * Whether a running workflow took a signal. `full`: one is running that takes no more signals, and no other one took
 * it.
 */
export type Heard = 'told' | 'full' | 'none';

/** Messages that need no answer: cancels, and updates about money. */
export function signalsOf(client: Client, bounded: Bounded) {
  const { startUnlessRunning, startOrSignal } = startsOf(client, bounded);

  return {
    /** Asks the running checkout to end as cancelled. @returns whether one is running */
    cancel: async (orderId: string, reason: string): Promise<boolean> =>
      (await send(orderWorkflowId(orderId), cancelOrder, { reason })) === 'told',

    /** Cancels an order that has neither an answer nor a running checkout, through its recovery, running or new. */
    cancelInterrupted: (order: AcceptedOrder, policy: OrderPolicy, reason: string): Promise<void> =>
      startOrSignal(
        RECOVER_ORDER,
        { workflowId: recoverWorkflowId(order.orderId), args: [order, policy] },
        cancelOrder,
        { reason },
      ),

    /**
     * Signals the workflow that works on this order now, or all of them if they should look again. The workflow of the
     * refund comes first, if one is named.
     */
    async tell(orderId: string, item: MoneyUpdate, refundId?: string): Promise<Heard> {
      let heard: Heard = 'none';
      for (const workflowId of workflowIdsOf(orderId, refundId)) {
        const answer = await send(workflowId, news, item);
        if (answer === 'told' && item.kind !== 'look') return 'told';
        if (answer === 'told' || heard === 'none') heard = answer;
      }
      return heard;
    },

    /**
     * Starts the recovery of an order whose own run no longer exists, unless one is running. An item is sent to it, new
     * or running; a recovery that takes no more signals is replaced.
     */
    recover: (order: AcceptedOrder, policy: OrderPolicy, item?: MoneyUpdate): Promise<void> => {
      const run = { workflowId: recoverWorkflowId(order.orderId), args: [order, policy] };
      if (item === undefined) return startUnlessRunning(RECOVER_ORDER, run);
      return startOrSignal(RECOVER_ORDER, run, news, item);
    },

    /** Signals the workflow of a requested refund, and starts it again if it has ended. */
    tellRefund: (orderId: string, refund: KeptRefund, policy: OrderPolicy, item: MoneyUpdate): Promise<void> => {
      const { id: refundId, amountMinor, reason, restock, fingerprint } = refund;
      const request: RequestedRefund = {
        orderId,
        refundId,
        amountMinor,
        reason,
        restock,
        fingerprint: fingerprint ?? '',
      };
      const run = { workflowId: refundWorkflowId(refundId), args: [request, policy] };
      return startOrSignal(REFUND_ORDER, run, news, item);
    },
  };

  async function send(
    workflowId: string,
    signal: typeof cancelOrder | typeof news,
    message: CancelRequest | MoneyUpdate,
  ): Promise<Heard> {
    try {
      await bounded(() => client.workflow.getHandle(workflowId).signal<[typeof message]>(signal.name, message));
      return 'told';
    } catch (error) {
      if (isNotFound(error)) return 'none';
      if (isSignalLimit(error)) return 'full';
      throw error;
    }
  }
}

type KeptRefund = Pick<Refund, 'id' | 'amountMinor' | 'reason' | 'restock' | 'fingerprint'>;

/** The workflows of an order that may be waiting for updates, the likeliest first. */
function workflowIdsOf(orderId: string, refundId?: string): string[] {
  return [
    ...(refundId === undefined ? [] : [refundWorkflowId(refundId)]),
    orderWorkflowId(orderId),
    cancelWorkflowId(orderId),
    recoverWorkflowId(orderId),
  ];
}
