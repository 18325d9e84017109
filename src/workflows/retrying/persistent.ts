import { CancellationScope, condition, isCancellation, proxyActivities, sleep } from '@temporalio/workflow';
import type { Activities } from '../../activities/order-activities.js';
import type { OrderPolicy } from '../../domain/policy.js';
import type { PendingSignals } from '../messages/pending-signals.js';
import { wakeableRetries } from './activity-options.js';
import { isExhausted, orderActivities, type ByName, type Input, type Result } from './optimistic.js';

/** The activities that undo something, with the step's name in dead letters and the Web UI. */
const STEPS = {
  settleEarlierCharges: 'settle',
  findLateCaptures: 'late captures',
  refundCharges: 'refund',
  sendRefund: 'refund',
  restockOrder: 'restock',
  beginUndo: 'begin',
  releaseInventory: 'release',
  endOrder: 'end',
} as const satisfies Partial<Record<keyof Activities, string>>;

export interface UndoSubject {
  orderId: string;
  /** For the log lines of its activities. */
  requestId?: string;
  /** What it is about besides the order, such as a refund. */
  subject?: string;
}

/**
 * Runs an activity that is never given up. If it still fails after the policy's time, a dead letter is opened for an
 * operator, and the tries continue; success resolves the dead letter. A request to look triggers a try immediately.
 */
export function undoActivities(
  policy: OrderPolicy,
  signals: PendingSignals,
  { orderId, requestId, subject = '' }: UndoSubject,
) {
  const { untilDone, regular } = orderActivities(policy);
  const tries: ByName = proxyActivities<Activities>(wakeableRetries(policy));
  const { memory } = signals;
  const request = requestId === undefined ? {} : { requestId };
  const about = { orderId, ...request, subject, kind: 'compensation' } as const;

  return async <N extends keyof typeof STEPS>(name: N, input: Input[N]): Promise<Result[N]> => {
    const step = STEPS[name];
    const result = await untilDone(name, input, watched);
    // The dead letter may be from the previous run.
    if (memory.lateStep === step) {
      delete memory.lateStep;
      await regular('resolveDeadLetter', { ...about, resolution: `${step} is done` });
    }
    return result;

    async function watched(): Promise<Result[N]> {
      const work = wakeable(signals, () => tries[name](input));
      if (memory.lateStep === step) return work;
      const clock = new CancellationScope();
      const rings = clock
        .run(() => sleep(policy.undoAlarmMs, { summary: `until a dead letter is opened for the step "${step}"` }))
        .then(
          () => true,
          (error: unknown) => {
            if (!isCancellation(error)) throw error;
            return false;
          },
        );
      const isLate = await Promise.race([rings, work.then(() => false)]).finally(() => clock.cancel());
      if (!isLate) return work;

      memory.lateStep = step;
      const lastError = 'this undo keeps failing; the Temporal Web UI shows its last error';
      await regular('openDeadLetter', { ...about, step, errorClass: 'UndoFailing', lastError });
      return work;
    }
  };
}

/**
 * Runs an activity whose tries may be far apart, and starts over with an immediate try when a look is requested. A
 * running try is awaited first, so that two tries never overlap.
 */
async function wakeable<Result>(signals: PendingSignals, tries: () => Promise<Result>): Promise<Result> {
  const outer = CancellationScope.current();
  for (;;) {
    signals.dropLooks();
    let isOver = false;
    const scope = new CancellationScope();
    const work = scope.run(tries).finally(() => void (isOver = true));
    // Its failure is handled where it is awaited below.
    work.catch(() => {});
    await CancellationScope.nonCancellable(() => condition(() => isOver || signals.hasLook() || signals.isFull()));
    if (isOver) return work;

    scope.cancel();
    try {
      return await work;
    } catch (error) {
      const isWoken = isCancellation(error) && !outer.consideredCancelled;
      if (!isWoken && !isExhausted(error)) throw error;
    }
    signals.endIfLong();
  }
}
