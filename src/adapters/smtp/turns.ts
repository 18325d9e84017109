// Hand-written because work that is aborted while it waits must leave the queue, which `p-limit` cannot do.
/** Lets `most` pieces of work run at once, in the order of their arrival. Aborted work leaves the queue. */
export function createTurns(most: number) {
  const queue: (() => void)[] = [];
  let running = 0;

  return async function inTurn<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    if (running < most) running += 1;
    else await turn(signal);
    try {
      return await work();
    } finally {
      const next = queue.shift();
      // The next one in line takes this slot over.
      if (next === undefined) running -= 1;
      else next();
    }
  };

  function turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        queue.splice(queue.indexOf(begin), 1);
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      const begin = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
      queue.push(begin);
    });
  }
}
