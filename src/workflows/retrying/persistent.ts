import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { Inbox } from '../messages/pending-signals.js';
import { optimistic, type Pause } from './optimistic.js';
import { wakeable } from './wakeable.js';

export interface Alarm {
  orderId: string;
  /** For the log lines of its activities. */
  requestId?: string;
  /** What it is about beyond the order, such as a refund. */
  subject?: string;
  afterMs: number;
  /** Whoever asks to look has the step tried again at once. */
  inbox: Inbox;
  open(input: {
    orderId: string;
    requestId?: string;
    subject?: string;
    kind: 'compensation';
    step: string;
    errorClass: string;
    lastError: string;
  }): Promise<void>;
  close(input: {
    orderId: string;
    requestId?: string;
    subject?: string;
    kind: 'compensation';
    resolution: string;
  }): Promise<void>;
}

/**
 * A step that is never given up. When its first try fails and it is still not done after the alarm's time, a dead letter
 * is opened so that somebody looks, while the tries go on; its success resolves it.
 */
export async function persistent<Args extends unknown[], Result>(
  alarm: Alarm,
  step: string,
  firstTry: (...args: Args) => Promise<Result>,
  retries: (...args: Args) => Promise<Result>,
  pause: Pause,
  ...args: Args
): Promise<Result> {
  const { memory } = alarm.inbox;
  const { orderId, requestId, subject = '' } = alarm;
  const request = requestId === undefined ? {} : { requestId };
  const about = { orderId, ...request, subject, kind: 'compensation' } as const;

  const watched = async (...input: Args): Promise<Result> => {
    const work = wakeable(alarm.inbox, () => retries(...input));
    if (memory.lateStep === step) return work;
    const clock = new CancellationScope();
    const rings = clock
      .run(() => sleep(alarm.afterMs, { summary: `until a dead letter is opened for the step "${step}"` }))
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
    await alarm.open({ ...about, step, errorClass: 'UndoFailing', lastError });
    return work;
  };
  const result = await optimistic(firstTry, watched, pause, ...args);
  // The dead letter may be of the run before this one.
  if (memory.lateStep === step) {
    delete memory.lateStep;
    await alarm.close({ ...about, resolution: `${step} is done` });
  }
  return result;
}
