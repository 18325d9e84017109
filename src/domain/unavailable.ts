/** How an {@link Unavailable} is called in the failures of activities. */
export const UNAVAILABLE = 'Unavailable';

/** `worker` is said of all workers together: none answers. */
export type Dependency = 'database' | 'temporal' | 'worker';

/** A part that Holdfast depends on is unavailable or too slow. Trying again later is safe and may help. */
export class Unavailable extends Error {
  readonly dependency: Dependency;

  constructor(dependency: Dependency, cause: unknown) {
    super(`${dependency} is unavailable`, { cause });
    this.name = UNAVAILABLE;
    this.dependency = dependency;
  }
}
