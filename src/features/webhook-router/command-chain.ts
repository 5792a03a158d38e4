import { ExpressionProgram, type ExpressionStep } from '../../engines/expression/index.ts';
import { type NamedChainStep, namedSteps, type WebHookConfigEntity } from '../webhook-configs/index.ts';
import { kindOf } from './call-expressions.ts';
import { wrongValue } from './expression.errors.ts';

/** A command with its input: literal, or an expression's program; absent: the body's fields that it knows. */
export interface ChainCommand {
  /** As executions show it. */
  label: string;
  commandName: string;
  literal: Record<string, unknown> | null;
  /** Its condition and its input, as far as they are expressions, in one go. */
  program: ExpressionProgram | null;
  hasCondition: boolean;
}

/** One step of a chain, made ready once for all its calls. */
export interface ChainStep extends ChainCommand {
  name: string;
  /** True: the chain does not mind its failure. */
  goesOnAnyway: boolean;
  /** What undoes it; null: nothing does. */
  compensation: ChainCommand | null;
}

/** A configuration's chain, made ready once for all its calls. */
export class CommandChainProgram {
  readonly steps: readonly ChainStep[];

  constructor({ id, settings }: WebHookConfigEntity) {
    this.steps = namedSteps(settings.commandChain ?? []).map((step) => chainStep(String(id), step));
  }

  get usesExpressions(): boolean {
    return this.steps.some(({ program, compensation }) => program ?? compensation?.program);
  }
}

/** What a condition and an input came to. */
export interface ChainInput {
  isActive: boolean;
  /** Null: no expression and no literal gives it. */
  input: Record<string, unknown> | null;
}

/** Reads the values of a command's program. @throws AppError where one is not what its field needs. */
export function chainInput(command: ChainCommand, values: readonly unknown[]): ChainInput {
  const [condition, mapped] = command.hasCondition ? values : [true, values[0]];
  if (condition !== true && condition !== false && condition !== null)
    throw wrongValue(
      `The condition of ${command.label} gave ${kindOf(condition)}: it must give true, false or null`,
    );
  if (condition !== true) return { isActive: false, input: null };
  if (command.literal || mapped === undefined) return { isActive: true, input: command.literal };
  if (typeof mapped !== 'object' || Array.isArray(mapped))
    throw wrongValue(`The input of ${command.label} gave ${kindOf(mapped)}: it must give a context`);
  const { $type: _, ...input } = (mapped ?? {}) as Record<string, unknown>;
  return { isActive: true, input };
}

function chainStep(ownerId: string, step: NamedChainStep): ChainStep {
  const { name, compensation, onError } = step;
  return {
    ...chainCommand(ownerId, name, step),
    name,
    goesOnAnyway: onError === 'continue',
    compensation: compensation ? chainCommand(ownerId, `compensate ${name}`, compensation) : null,
  };
}

function chainCommand(
  ownerId: string,
  label: string,
  { commandName, input, condition }: Pick<NamedChainStep, 'commandName' | 'input' | 'condition'>,
): ChainCommand {
  const steps: ExpressionStep[] = [];
  if (condition !== undefined)
    steps.push({ kind: 'expression', name: `The condition of ${label}`, text: condition, isGate: true });
  if (typeof input === 'string')
    steps.push({ kind: 'expression', name: `The input of ${label}`, text: input });
  return {
    label,
    commandName,
    literal: typeof input === 'object' ? input : null,
    program:
      steps.length === 0 ? null : new ExpressionProgram(ownerId, ['request', 'request.body', 'steps'], steps),
    hasCondition: condition !== undefined,
  };
}
