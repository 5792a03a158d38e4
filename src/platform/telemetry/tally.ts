/** Counts by names that are all known at the start: each is there from the start, as zero. */
export class Tally<Name extends string> {
  readonly counts: Record<Name, number>;

  constructor(names: readonly Name[]) {
    this.counts = Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
  }

  add(name: Name): void {
    this.counts[name]++;
  }
}
