/** The type of an {@link Unavailable} in the failures of activities. */
export const UNAVAILABLE = 'Unavailable';

/** `worker`: no worker answers. */
export type Dependency = 'database' | 'temporal' | 'worker';

/** A dependency is unavailable or too slow. Trying again later is safe and may help. */
export class Unavailable extends Error {
  readonly dependency: Dependency;

  constructor(dependency: Dependency, cause: unknown) {
    super(`${dependency} is unavailable`, { cause });
    this.name = UNAVAILABLE;
    this.dependency = dependency;
  }
}
