/** Lets FEEL's values out as JSON. */
import { FeelDate, FeelDateTime, FeelDuration, FeelTime, isFunction, isRange } from 'feelin';
import { RESULT_BYTES_MAX, RESULT_DEPTH_MAX, type StepVerdict } from '../expression-program.ts';

/** Each takes two bytes at least, its comma included. */
const NODES_MAX = RESULT_BYTES_MAX / 2 + 1;
const temporal = [FeelDate, FeelTime, FeelDateTime, FeelDuration];

class Refusal extends Error {
  readonly verdict: StepVerdict;

  constructor(verdict: StepVerdict) {
    super();
    this.verdict = verdict;
  }
}

/** The value as JSON text, dates and durations in ISO 8601; or why there is none. */
export function jsonOf(name: string, value: unknown): string | StepVerdict {
  try {
    new Walk(name).visit(value, 1);
  } catch (error) {
    if (error instanceof Refusal) return error.verdict;
    throw error;
  }
  const json = JSON.stringify(value) ?? 'null';
  return Buffer.byteLength(json) > RESULT_BYTES_MAX ? tooLarge(name) : json;
}

function tooLarge(name: string): StepVerdict {
  return { kind: 'limit', limit: 'result-size', message: `${name} gave more than ${RESULT_BYTES_MAX} bytes` };
}

/** Looks before JSON.stringify does: a list of a list of … twice each is short in memory and endless as text. */
class Walk {
  #nodes = 0;
  #characters = 0;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  visit(value: unknown, depth: number): void {
    this.#nodes += 1;
    if (typeof value === 'string') this.#characters += value.length;
    if (this.#nodes > NODES_MAX || this.#characters > RESULT_BYTES_MAX)
      throw new Refusal(tooLarge(this.name));
    if (typeof value === 'number' && !Number.isFinite(value)) this.#refuse('a number that JSON cannot write');
    if (typeof value === 'function') this.#refuse('a function');
    if (typeof value === 'object' && value !== null) this.#visitObject(value, depth);
  }

  #visitObject(value: object, depth: number): void {
    if (depth > RESULT_DEPTH_MAX) {
      const message = `${this.name} gave a value that nests deeper than ${RESULT_DEPTH_MAX} levels`;
      throw new Refusal({ kind: 'limit', limit: 'depth', message });
    }
    if (Array.isArray(value)) {
      for (const item of value as unknown[]) this.visit(item, depth + 1);
      return;
    }
    if (isFunction(value)) this.#refuse('a function');
    if (isRange(value)) this.#refuse('a range');
    if (temporal.some((type) => value instanceof type)) return;
    if (Object.getPrototypeOf(value) !== Object.prototype) this.#refuse('a value that JSON cannot write');
    for (const key in value) {
      this.#characters += key.length;
      this.visit((value as Record<string, unknown>)[key], depth + 1);
    }
  }

  #refuse(what: string): never {
    throw new Refusal({ kind: 'failed', message: `${this.name} gave ${what}` });
  }
}
