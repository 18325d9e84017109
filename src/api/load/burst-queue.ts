export interface BurstQueueOptions<Place> {
  /** The longest that anyone waits. */
  waitMs: number;
  /** Takes a place, if one is free. */
  take: () => Place | undefined;
  clock: () => number;
}

interface Waiter<Place> {
  since: number;
  answer: (place: Place | undefined) => void;
}

/**
 * Checkouts that wait for a place. The newest goes first: in a burst all have their turn, and in an overload those that are
 * accepted are accepted soon, while the others would have been refused anyway.
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

  /** Refuses those who have waited too long, when their time comes. */
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

    /** Resolves to a place, or to nothing when the wait was refused. One that hangs up meanwhile takes no place. */
    async wait(hungUp?: AbortSignal): Promise<Place | undefined> {
      return new Promise((resolve) => {
        const waiter = { since: clock(), answer: resolve };
        waiting.push(waiter);
        hungUp?.addEventListener('abort', () => remove(waiter), { once: true });
        watch();
      });
    },
    /** Gives the places that are free now to those who wait. */
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
