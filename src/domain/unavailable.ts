/** How an {@link Unavailable} is called in the failures of activities. */
export const UNAVAILABLE = 'Unavailable';

/** A part that Holdfast depends on is away or too slow. Trying again later is safe and may help. */
export class Unavailable extends Error {
  readonly dependency: 'database' | 'temporal';

  constructor(dependency: 'database' | 'temporal', cause: unknown) {
    super(`${dependency} is unavailable`, { cause });
    this.name = UNAVAILABLE;
    this.dependency = dependency;
  }
}
