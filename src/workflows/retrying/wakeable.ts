import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import type { Inbox } from '../messages/pending-signals.js';
import { isExhausted } from './optimistic.js';

/**
 * Runs an activity whose tries may be far apart, and begins anew with a try at once when somebody asks to look. A try
 * that is running is awaited, so that two of them never meet.
 */
export async function wakeable<Result>(inbox: Inbox, tries: () => Promise<Result>): Promise<Result> {
  const outer = CancellationScope.current();
  for (;;) {
    inbox.dropLooks();
    let isOver = false;
    const scope = new CancellationScope();
    const work = scope.run(tries).finally(() => void (isOver = true));
    // Its failure is for whoever awaits it below.
    work.catch(() => {});
    await CancellationScope.nonCancellable(() => condition(() => isOver || inbox.hasLook() || inbox.isFull()));
    if (isOver) return work;

    scope.cancel();
    try {
      return await work;
    } catch (error) {
      const isWoken = isCancellation(error) && !outer.consideredCancelled;
      if (!isWoken && !isExhausted(error)) throw error;
    }
    inbox.endIfLong();
  }
}
