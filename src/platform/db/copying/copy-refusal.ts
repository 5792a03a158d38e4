/** What a refusal is about: the operator looks there. */
export type RefusedPart = 'source' | 'target' | 'key';

/** A copy that was refused before anything was written, in a sentence that says what to do. */
export class CopyRefusal extends Error {
  constructor(
    readonly part: RefusedPart,
    message: string,
  ) {
    super(message);
  }
}
