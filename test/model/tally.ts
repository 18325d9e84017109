/** Counts what happened, so that a test that never gets anywhere is noticed. */
export class Tally {
  readonly counts = new Map<string, number>();

  add(what: string, times = 1): void {
    this.counts.set(what, this.of(what) + times);
  }

  of(what: string): number {
    return this.counts.get(what) ?? 0;
  }

  toString(): string {
    const sorted = [...this.counts].sort(([one], [other]) => one.localeCompare(other));
    return sorted.map(([what, times]) => `${what} ${times}`).join(', ');
  }
}
