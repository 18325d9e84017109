/** Wakes a waiting loop. A signal that nothing waits for is kept for the next wait. */
export interface WakeSignal {
  wake(): void;
  /** Resolves at the signal, or after this many milliseconds. */
  wait(ms: number): Promise<void>;
}

export function createWakeSignal(): WakeSignal {
  let hasRung = false;
  let wake: (() => void) | undefined;
  return {
    wake() {
      hasRung = true;
      wake?.();
    },
    async wait(ms) {
      if (!hasRung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      wake = undefined;
      hasRung = false;
    },
  };
}
