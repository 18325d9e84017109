import { allHandlersFinished, CancellationScope, condition, isCancellation, setHandler } from '@temporalio/workflow';
import type { OrderOutcome } from '../../domain/order.js';
import { cancelOrder, type CancelRequest } from '../contract.js';
import type { PendingSignals } from '../messages/pending-signals.js';
import type { OrderSteps } from './order-steps.js';

type Interruptible = (walk: () => Promise<OrderOutcome>) => Promise<OrderOutcome>;

/**
 * Listens for the cancel signal from now on, and for Temporal's own cancel request, which counts as an operator's.
 * @returns a runner whose walk ends as `cancelled` if a cancel arrived before it was over, no matter what it returned
 */
export function listenForCancel(steps: OrderSteps, signals: PendingSignals): Interruptible {
  const scope = new CancellationScope();
  const { memory } = signals;
  // The previous run received it just before it ended.
  if (memory.cancelReason !== undefined) scope.cancel();
  const cancel = async (request: CancelRequest): Promise<void> => {
    signals.countSignal();
    if (memory.cancelReason !== undefined) return;
    memory.cancelReason = request.reason;
    scope.cancel();
    // The cancel should be visible while a charge in progress is awaited.
    await CancellationScope.nonCancellable(() => steps.regular('noteCancel', { ...steps.run, reason: request.reason }));
  };
  setHandler(cancelOrder, cancel, { description: 'Cancels the order: {"reason":"ordered twice"}' });

  return async (walk) => {
    try {
      const outcome = await scope.run(walk);
      // A cancel may arrive while other messages are still being answered.
      await condition(allHandlersFinished);
      if (memory.cancelReason === undefined || outcome.status === 'superseded') return outcome;
    } catch (error) {
      if (!isCancellation(error)) throw error;
    }
    return { status: 'cancelled', reason: memory.cancelReason ?? 'cancelled in Temporal' };
  };
}
