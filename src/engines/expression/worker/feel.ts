/** FEEL (DMN), parsed once for each text. */
import { evaluate, type FeelFunction, isFunction, parseExpression, type Warning } from 'feelin';

/** An expression over named variables. */
export class Expression {
  readonly #function: FeelFunction;
  readonly #warnings: Warning[];

  /**
   * Parsed without the values it will see: names in somebody's payload never decide how it is read. A function over the
   * variables, it takes 2 µs a call; parsing it anew each time, as `evaluate` does, takes 160.
   * @throws a sentence.
   */
  constructor(expression: string, variables: readonly string[]) {
    const text = feelText(expression);
    const fault = syntaxFault(text);
    if (fault !== null) throw new Error(fault);
    // The text stands alone in its brackets: it has been parsed by itself, and a comment ends with its line.
    const { value, warnings } = evaluate(`function(${variables.join(', ')}) (\n${text}\n)`);
    if (!isFunction(value)) throw new Error('it is not an expression');
    this.#function = value;
    this.#warnings = warnings;
  }

  /** The value in FEEL's own types. */
  value(variables: readonly unknown[]): unknown {
    // The library keeps the warnings of a function's calls for as long as the function lives.
    this.#warnings.length = 0;
    return this.#function.invoke(variables);
  }
}

/** The first fault of an expression as a sentence, or null. */
export function expressionFault(expression: string, variables: readonly string[]): string | null {
  try {
    void new Expression(expression, variables);
    return null;
  } catch (error) {
    return error instanceof RangeError ? 'it nests too deep' : (error as Error).message;
  }
}

function feelText(expression: string): string {
  if (!expression.startsWith('=')) throw new Error('it must start with "="');
  return expression.slice(1);
}

function syntaxFault(text: string): string | null {
  if (text.trim() === '') return 'there is nothing after "="';
  let errorAt = -1;
  parseExpression(text, {}, undefined).iterate({
    enter: (node) => {
      if (errorAt === -1 && node.type.isError) errorAt = node.from;
      return errorAt === -1;
    },
  });
  if (errorAt === -1) return null;
  const rest = text.slice(errorAt).trimStart();
  if (rest === '') return 'it ends too early';
  const before = text.slice(0, text.length - rest.length).split('\n');
  // The first line begins with the "=".
  const column = before.at(-1)!.length + (before.length === 1 ? 2 : 1);
  return `unexpected "${rest.split('\n', 1)[0]!.slice(0, 20)}" (line ${before.length}, column ${column})`;
}
