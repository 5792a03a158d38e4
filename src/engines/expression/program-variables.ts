/** The variables of a program. */
export class ProgramVariables {
  /** In the order in which they first stand. */
  readonly names: readonly string[];
  readonly #places: readonly (readonly string[])[];

  /** @param partPaths where each part belongs: `request` is a variable, `request.body` a field of one that stands before it. */
  constructor(partPaths: readonly string[]) {
    this.#places = partPaths.map((path) => path.split('.'));
    this.names = [...new Set(this.#places.map(([variable]) => variable!))];
  }

  /** What they hold. @param values of the parts. */
  held(values: readonly unknown[]): Record<string, unknown> {
    const held: Record<string, unknown> = {};
    for (const [index, [variable, field]] of this.#places.entries()) {
      if (field === undefined) held[variable!] = values[index];
      else (held[variable!] as Record<string, unknown>)[field] = values[index];
    }
    return held;
  }
}
