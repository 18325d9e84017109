interface Waiting<Item, Result> {
  item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

// Hand-written because `dataloader` batches by tick, not while a call is running.
/**
 * Combines calls: requests that arrive while a call is in progress share the next one. Under load one statement serves
 * a hundred events; in quiet times an event does not wait.
 * @param work answers for the items in their order
 */
export function gathered<Item, Result>(
  work: (items: Item[]) => Promise<Result[]>,
  most = 200,
): (item: Item) => Promise<Result> {
  const waiting: Waiting<Item, Result>[] = [];
  let isWorking = false;

  async function run(): Promise<void> {
    isWorking = true;
    // Requests of the same tick share the first call.
    await Promise.resolve();
    while (waiting.length > 0) {
      const batch = waiting.splice(0, most);
      try {
        const results = await work(batch.map(({ item }) => item));
        if (results.length !== batch.length) throw new Error(`${results.length} answers to ${batch.length} items`);
        results.forEach((result, index) => batch[index]?.resolve(result));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isWorking = false;
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!isWorking) void run();
    });
}
