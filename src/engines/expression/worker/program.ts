/** One program: its steps ready to run, and their run over the parts of a call. */
import { parseJson } from '../../../platform/json-text.ts';
import type { ExpressionStep, ProgramText, StepVerdict } from '../expression-program.ts';
import { ProgramVariables } from '../program-variables.ts';
import { BodySchema, schemaFault } from './body-schema.ts';
import { Expression, expressionFault } from './feel.ts';
import { jsonOf } from './json-value.ts';

/** The values of one call. */
interface Values {
  /** In the order of the program's variables. */
  variables: unknown[];
  ofPath: Map<string, { value: unknown; bytes: number }>;
}

type RunStep = (values: Values) => { json: string; goesOn: boolean };

/** A program that has been read; kept for the calls to come. */
export class Program {
  readonly isCheck: boolean;
  readonly #paths: readonly string[];
  readonly #variables: ProgramVariables;
  readonly #texts: readonly ExpressionStep[];
  readonly #steps: RunStep[] = [];

  constructor(text: string) {
    const { partPaths, steps } = JSON.parse(text) as ProgramText;
    this.isCheck = steps.some(({ kind }) => kind.startsWith('check-'));
    this.#paths = partPaths;
    this.#variables = new ProgramVariables(partPaths);
    this.#texts = steps;
  }

  /** JSON text of the answer. */
  run(parts: readonly Buffer[]): string {
    let values: Values;
    try {
      values = this.#valuesOf(parts);
    } catch {
      return '"unparsable"';
    }
    const verdicts: string[] = [];
    for (const [index, step] of this.#texts.entries()) {
      const { json, goesOn } = this.#runStep(index, step, values);
      verdicts.push(json);
      if (!goesOn) break;
    }
    return `[${verdicts.join(',')}]`;
  }

  #valuesOf(parts: readonly Buffer[]): Values {
    const values = this.#paths.map((_, index) => parseJson(parts[index]!.toString('utf8')));
    const ofPath: Values['ofPath'] = new Map(
      this.#paths.map((path, index) => [path, { value: values[index], bytes: parts[index]!.length }]),
    );
    const held = this.#variables.held(values);
    return { variables: this.#variables.names.map((name) => held[name]), ofPath };
  }

  #runStep(index: number, step: ExpressionStep, values: Values): ReturnType<RunStep> {
    try {
      // Made when it is first reached: what a gate keeps from running is not paid for.
      return (this.#steps[index] ??= this.#ready(step))(values);
    } catch (error) {
      return { json: JSON.stringify(failureOf(step, error)), goesOn: false };
    }
  }

  #ready(step: ExpressionStep): RunStep {
    switch (step.kind) {
      case 'expression':
        return this.#expression(step);
      case 'schema':
        return schemaStep(step);
      case 'check-expression':
        return () => valueOf(JSON.stringify(expressionFault(step.text, step.variables)));
      case 'check-schema':
        return () => valueOf(JSON.stringify(schemaFault(step.schema)));
    }
  }

  #expression({ name, text, isGate }: Extract<ExpressionStep, { kind: 'expression' }>): RunStep {
    const expression = new Expression(text, this.#variables.names);
    return ({ variables }) => {
      const value = expression.value(variables);
      const json = jsonOf(name, value);
      if (typeof json === 'string') return { ...valueOf(json), goesOn: isGate !== true || value === true };
      return { json: JSON.stringify(json), goesOn: false };
    };
  }
}

function schemaStep({ of, schema }: Extract<ExpressionStep, { kind: 'schema' }>): RunStep {
  const bodySchema = new BodySchema(schema);
  return ({ ofPath }) => {
    const { value, bytes } = ofPath.get(of)!;
    const reasons = bodySchema.reasons(value, bytes);
    if (reasons.length === 0) return valueOf('true');
    const verdict: StepVerdict = { kind: 'mismatch', reasons };
    return { json: JSON.stringify(verdict), goesOn: false };
  };
}

function valueOf(json: string): ReturnType<RunStep> {
  return { json: `{"kind":"value","value":${json}}`, goesOn: true };
}

const MESSAGE_CHARS_MAX = 500;

function failureOf(step: ExpressionStep, error: unknown): StepVerdict {
  const name = 'name' in step ? step.name : 'The check';
  if (error instanceof RangeError && /call stack/.test(error.message)) {
    return { kind: 'limit', limit: 'depth', message: `${name} calls itself too often` };
  }
  if (error instanceof RangeError && /length/.test(error.message)) {
    return { kind: 'limit', limit: 'memory', message: `${name} made a text or a list that is too long` };
  }
  const message = error instanceof Error ? error.message.slice(0, MESSAGE_CHARS_MAX) : 'it threw';
  return { kind: 'failed', message: `${name} failed: ${message}` };
}
