const FIRST = 2;
const ENOUGH = 64;

/** Lets calls through again gradually: each healthy answer makes room for one more concurrent call. */
export function createRamp() {
  let places = Infinity;
  let running = 0;

  return {
    begin(): void {
      places = FIRST;
    },
    widen(): void {
      places = places >= ENOUGH ? Infinity : places + 1;
    },
    /** @returns a function to leave with, or undefined if there is no room now */
    enter(): (() => void) | undefined {
      if (running >= places) return undefined;
      running += 1;
      return () => void (running -= 1);
    },
  };
}
