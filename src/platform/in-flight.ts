/**
 * What is under way, by name, the oldest first: a Map for what comes and goes with each call. A Map's own tables point each to the one
 * that took its place, and hold what was in them: once one of them is old, all that follow are kept until the next
 * full collection, with what calls held. Here they hold a number for each name.
 */
export class InFlight<Value> {
  private readonly placeOf = new Map<string, number>();
  private readonly held: (Value | undefined)[] = [];
  private readonly free: number[] = [];

  get size(): number {
    return this.placeOf.size;
  }

  has(name: string): boolean {
    return this.placeOf.has(name);
  }

  get(name: string): Value | undefined {
    const place = this.placeOf.get(name);
    return place === undefined ? undefined : this.held[place];
  }

  /** Takes the place of what is there under the name. */
  set(name: string, value: Value): void {
    const place = this.placeOf.get(name) ?? this.free.pop() ?? this.held.length;
    this.held[place] = value;
    this.placeOf.set(name, place);
  }

  delete(name: string): void {
    const place = this.placeOf.get(name);
    if (place === undefined) return;
    this.placeOf.delete(name);
    this.held[place] = undefined;
    this.free.push(place);
  }

  keys(): Iterable<string> {
    return this.placeOf.keys();
  }

  *values(): Generator<Value> {
    for (const place of this.placeOf.values()) yield this.held[place]!;
  }

  *[Symbol.iterator](): Generator<[string, Value]> {
    for (const [name, place] of this.placeOf) yield [name, this.held[place]!];
  }
}
