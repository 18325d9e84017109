/** Which activities of a worker run, in real time. */
export interface RunningActivities {
  /** How many have begun so far. */
  begun(): number;
  /** For how long the one that began first has been running. */
  longestMs(): number;
}

type Activity = (...args: never[]) => Promise<unknown>;

/** Watches activities as they run. */
export function watchActivities<T extends Record<string, Activity>>(
  activities: T,
): { activities: T; running: RunningActivities } {
  const since = new Map<symbol, number>();
  let begun = 0;
  const watched = Object.entries(activities).map(([name, activity]) => {
    const call = async (...args: never[]): Promise<unknown> => {
      const id = Symbol(name);
      since.set(id, Date.now());
      begun += 1;
      try {
        return await activity(...args);
      } finally {
        since.delete(id);
      }
    };
    return [name, call];
  });
  return {
    activities: Object.fromEntries(watched) as T,
    running: {
      begun: () => begun,
      longestMs: () => Math.max(0, ...[...since.values()].map((began) => Date.now() - began)),
    },
  };
}
