import { ExpressionProgram, type ExpressionStep, type StepVerdict } from '../../engines/expression/index.ts';
import type { WebHookConfigEntity } from '../webhook-configs/index.ts';
import { stepFailure, wrongValue } from './expression.errors.ts';

/** What a configuration's expressions say of a call before anything runs. */
export interface Decision {
  /** False: the call is recorded as ignored. */
  isActive: boolean;
  /** The command's fields; absent where no expression gives them. */
  input?: Record<string, unknown>;
  /** Null: none. */
  idempotencyKey: string | null;
  orderingKey: string | null;
}

type Take = (value: unknown, decision: Decision) => void;

/** A configuration's expressions, made ready once for all its calls. */
export class CallExpressions {
  /** What is decided before the run, in one program; null: nothing. */
  readonly before: ExpressionProgram | null;
  /** `responseExpression`, over the call and the result. */
  readonly response: ExpressionProgram | null;
  /** What is done with the value of each step of `before`. */
  private readonly takes: Take[] = [];

  private constructor({ id, settings }: WebHookConfigEntity) {
    const ownerId = String(id);
    const steps: ExpressionStep[] = [];
    const add = (step: ExpressionStep, take: Take) => {
      steps.push(step);
      this.takes.push(take);
    };
    const { bodySchema: schema, activationCondition, idempotency, orderingKey, inputMapping } = settings;
    if (schema) add({ kind: 'schema', name: 'BodySchema', of: 'request.body', schema }, () => {});
    if (activationCondition)
      add({ ...expression('ActivationCondition', activationCondition), isGate: true }, takeCondition);
    if (idempotency?.key)
      add(expression('Idempotency.key', idempotency.key), (value, decision) => {
        decision.idempotencyKey = keyOf('Idempotency.key', value);
      });
    if (orderingKey)
      add(expression('OrderingKey', orderingKey), (value, decision) => {
        decision.orderingKey = keyOf('OrderingKey', value);
      });
    if (inputMapping) add(expression('InputMapping', inputMapping), takeInput);
    const ofCall = ['request', 'request.body'];
    this.before = steps.length === 0 ? null : new ExpressionProgram(ownerId, ofCall, steps);
    const { responseExpression } = settings;
    this.response = responseExpression
      ? new ExpressionProgram(
          ownerId,
          [...ofCall, 'result'],
          [expression('ResponseExpression', responseExpression)],
        )
      : null;
  }

  /** Null where a configuration has none: its calls pay nothing. */
  static of(config: WebHookConfigEntity): CallExpressions | null {
    const expressions = new CallExpressions(config);
    return expressions.before === null && expressions.response === null ? null : expressions;
  }

  /** @throws AppError of the first step that gave no value, or one that its field has no use for. */
  decision(verdicts: readonly StepVerdict[]): Decision {
    const decision: Decision = { isActive: true, idempotencyKey: null, orderingKey: null };
    for (const [index, verdict] of verdicts.entries()) {
      if (verdict.kind !== 'value') throw stepFailure(verdict)!;
      this.takes[index]!(verdict.value, decision);
    }
    return decision;
  }
}

function expression(name: string, text: string): Extract<ExpressionStep, { kind: 'expression' }> {
  return { kind: 'expression', name, text };
}

const takeCondition: Take = (value, decision) => {
  if (value === true) return;
  if (value !== false && value !== null)
    throw wrongValue(`ActivationCondition gave ${kindOf(value)}: it must give true, false or null`);
  decision.isActive = false;
};

const takeInput: Take = (value, decision) => {
  if (typeof value !== 'object' || Array.isArray(value))
    throw wrongValue(`InputMapping gave ${kindOf(value)}: it must give a context`);
  const { $type: _, ...input } = (value ?? {}) as Record<string, unknown>;
  decision.input = input;
};

/** What calls share when it is the same: a number counts as its text; null and nothing are no key. */
function keyOf(name: string, value: unknown): string | null {
  if (value === null || value === '') return null;
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw wrongValue(`${name} gave ${kindOf(value)}: it must give a text, a number or null`);
}

/** What a value is, in FEEL's words. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  const words: Record<string, string> = { string: 'a text', number: 'a number', object: 'a context' };
  return words[typeof value] ?? String(value);
}
