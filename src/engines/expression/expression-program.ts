/** What a caller wants evaluated, and what comes of it. */
import { PlainPaths } from './plain-paths.ts';

/** One thing to evaluate; `name` is what sentences call it. */
export type ExpressionStep =
  /** FEEL, written `=…`. A gate ends the evaluation unless it gives true. */
  | { kind: 'expression'; name: string; text: string; isGate?: boolean }
  /** A JSON Schema for the value at a path; the evaluation ends where it does not match. */
  | { kind: 'schema'; name: string; of: string; schema: unknown }
  /** Gives the first fault of the text or of the schema as a sentence, or null. */
  | { kind: 'check-expression'; text: string; variables: readonly string[] }
  | { kind: 'check-schema'; schema: unknown };

/** What one step gave. */
export type StepVerdict =
  | { kind: 'value'; value: unknown }
  /** What was evaluated cannot be: a fault of whoever wrote it. */
  | { kind: 'failed'; message: string }
  | { kind: 'limit'; limit: ExpressionLimitName; message: string }
  /** The value does not match the schema. */
  | { kind: 'mismatch'; reasons: string[] };

export type ExpressionLimitName = 'running-time' | 'memory' | 'result-size' | 'depth';

/** What came of a program. */
export type ExpressionOutcome =
  /** One verdict for each step up to the one that ended it. */
  | { kind: 'done'; verdicts: StepVerdict[] }
  /** A part is not JSON: nothing was evaluated. */
  | { kind: 'unparsable' }
  /** All steps together took too much. */
  | { kind: 'limit'; limit: ExpressionLimitName; message: string }
  /** The engine could not evaluate it (it is stopping, or too much is waiting). */
  | { kind: 'unavailable'; message: string };

/** Steps that are evaluated over the same parts in one go; made once and used for many calls. */
export class ExpressionProgram {
  /** Whose it is: no owner may hold the last worker. */
  readonly ownerId: string;
  /** As it is sent. */
  readonly bytes: Buffer;
  readonly label: string;
  readonly #plain: PlainPaths | null;

  /** `partPaths` says where each part of a call belongs: `request` is a variable, `request.body` a field of it. */
  constructor(ownerId: string, partPaths: readonly string[], steps: readonly ExpressionStep[]) {
    this.ownerId = ownerId;
    this.bytes = Buffer.from(JSON.stringify({ partPaths, steps } satisfies ProgramText));
    this.label = steps.flatMap((step) => ('name' in step ? [step.name] : [])).join(', ');
    this.#plain = PlainPaths.of(partPaths, steps);
  }

  /** What it gives for these parts where that can be seen by looking; null: it has to be evaluated. */
  atHand(parts: readonly Uint8Array[]): StepVerdict[] | null {
    return this.#plain?.verdicts(parts) ?? null;
  }
}

/** A program on the wire. */
export interface ProgramText {
  partPaths: readonly string[];
  steps: readonly ExpressionStep[];
}

/** A worker's answer on the wire. */
export type ProgramAnswer = StepVerdict[] | 'unparsable';

export const RESULT_BYTES_MAX = 1_048_576;
export const RESULT_DEPTH_MAX = 64;
