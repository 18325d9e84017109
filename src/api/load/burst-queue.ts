export interface BurstQueueOptions<Place> {
  /** The longest that a checkout waits. */
  waitMs: number;
  /** Takes a slot, if one is free. */
  take: () => Place | undefined;
  clock: () => number;
}

interface Waiter<Place> {
  since: number;
  answer: (place: Place | undefined) => void;
}

/**
 * Checkouts that wait for a slot. The newest goes first: in a burst, all get their turn; in an overload, those that are
 * accepted are accepted soon, and the others would have been refused anyway.
 */
export function createBurstQueue<Place>({ waitMs, take, clock }: BurstQueueOptions<Place>) {
  /** Oldest first. */
  const waiting: Waiter<Place>[] = [];
  let timer: NodeJS.Timeout | undefined;

  const remove = (waiter: Waiter<Place>): void => {
    const index = waiting.indexOf(waiter);
    if (index >= 0) waiting.splice(index, 1);
    waiter.answer(undefined);
  };

  /** Refuses those that have waited too long. */
  function watch(): void {
    const [oldest] = waiting;
    if (timer !== undefined || oldest === undefined) return;
    timer = setTimeout(
      () => {
        timer = undefined;
        for (const waiter of waiting.filter(({ since }) => clock() - since >= waitMs)) remove(waiter);
        watch();
      },
      Math.max(0, oldest.since + waitMs - clock()),
    );
    timer.unref();
  }

  return {
    size: () => waiting.length,

    /** Resolves to a slot, or to undefined if it was refused. A client that hangs up meanwhile takes no slot. */
    async wait(hungUp?: AbortSignal): Promise<Place | undefined> {
      return new Promise((resolve) => {
        const waiter = { since: clock(), answer: resolve };
        waiting.push(waiter);
        hungUp?.addEventListener('abort', () => remove(waiter), { once: true });
        watch();
      });
    },
    /** Gives the free slots to those that wait. */
    letIn(): void {
      for (let newest = waiting.at(-1); newest !== undefined; newest = waiting.at(-1)) {
        const place = take();
        if (place === undefined) return;
        waiting.pop();
        newest.answer(place);
      }
    },
    refuseOldest(): void {
      waiting.shift()?.answer(undefined);
    },
    refuseAll(): void {
      for (const { answer } of waiting.splice(0)) answer(undefined);
    },
    close(): void {
      clearTimeout(timer);
      for (const { answer } of waiting.splice(0)) answer(undefined);
    },
  };
}
