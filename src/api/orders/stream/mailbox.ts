/** A queue for one slow reader, whose wait ends. The writer bounds it by `size`. */
export interface Mailbox<Item> {
  readonly size: number;
  put(item: Item): void;
  /** The next item, or undefined after `withinMs` without one. One reader at a time. */
  take(withinMs: number): Promise<Item | undefined>;
}

export function createMailbox<Item>(): Mailbox<Item> {
  const waiting: Item[] = [];
  let wake: (() => void) | undefined;

  return {
    get size() {
      return waiting.length;
    },
    put(item) {
      waiting.push(item);
      wake?.();
    },
    async take(withinMs) {
      if (waiting.length === 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, withinMs).unref();
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        wake = undefined;
      }
      return waiting.shift();
    },
  };
}
