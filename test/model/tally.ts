/** Counts what happened, so that a test that never gets anywhere is noticed. */
export class Tally {
  readonly counts = new Map<string, number>();

  add(what: string, times = 1): void {
    this.counts.set(what, this.of(what) + times);
  }

  of(what: string): number {
    return this.counts.get(what) ?? 0;
  }

  /** What happened less often than it had to, and how often that was. */
  lacking(least: Record<string, number>): string[] {
    return Object.entries(least)
      .filter(([what, times]) => this.of(what) < times)
      .map(([what, times]) => `${what} ${this.of(what)}, not ${times}`);
  }

  toString(): string {
    const sorted = [...this.counts].sort(([one], [other]) => one.localeCompare(other));
    return sorted.map(([what, times]) => `${what} ${times}`).join(', ');
  }
}
