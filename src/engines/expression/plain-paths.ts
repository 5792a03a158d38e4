/** Expressions that only name values of a call, as most idempotency keys and mappings do. */
import { parseJson } from '../../platform/json-text.ts';
import type { ExpressionStep, StepVerdict } from './expression-program.ts';
import { ProgramVariables } from './program-variables.ts';

/** Of all parts: what is larger is not parsed in the server's own thread. 8 KiB take 0.2 ms there at most. */
export const AT_HAND_BYTES_MAX = 8_192;
/** Of a part with a backslash: names that are written with escapes are parsed one by one, 0.4 ms for a KiB of them. */
export const ESCAPED_BYTES_MAX = 1_024;
/** Of what a context has: one value may stand in it many times, and a result over 1 MiB is a limit that a worker tells. */
const RESULT_CHARS_MAX = 65_536;
/** As deep as a body may nest. */
const NAMES_MAX = 64;
const BACKSLASH = 0x5c;

type Held = Readonly<Record<string, unknown>>;
/** The value, or `elsewhere`: it takes more than looking. */
type Look = (held: Held) => unknown;

interface PlainStep {
  look: Look;
  /** Ends the program unless it gives true. */
  isGate: boolean;
}

const elsewhere = Symbol('elsewhere');
const NAME = '[A-Za-z_][A-Za-z0-9_]*';
// Not \s: three of its characters are none of FEEL's white space.
const SPACE = '[ \\t\\r\\n]*';
const path = new RegExp(`^${SPACE}(${NAME}(?:\\.${NAME})+)${SPACE}$`);
const context = new RegExp(`^${SPACE}\\{([^{}]*)\\}${SPACE}$`);
const entry = new RegExp(`^${SPACE}(${NAME})${SPACE}:(.*)$`, 's');
/** Words of the language, and a name that no object takes for one. */
const noNames = new Set(
  'and between else every external false for function if in instance not null of or partial return satisfies some then true __proto__'.split(
    ' ',
  ),
);

/**
 * Looks a program's values up where the call is, without a worker: paths of plain names, and contexts whose entries are
 * such paths. Each must lead through objects to a text, a number, true, false or null, where FEEL gives what stands there. The rest is
 * FEEL's: lists, what is missing, names that are written otherwise, what JSON cannot write.
 */
export class PlainPaths {
  readonly #variables: ProgramVariables;
  readonly #steps: readonly PlainStep[];

  private constructor(variables: ProgramVariables, steps: readonly PlainStep[]) {
    this.#variables = variables;
    this.#steps = steps;
  }

  /** Null where a step does anything else. */
  static of(partPaths: readonly string[], steps: readonly ExpressionStep[]): PlainPaths | null {
    const variables = new ProgramVariables(partPaths);
    const names = new Set(variables.names);
    const plain: PlainStep[] = [];
    for (const step of steps) {
      if (step.kind !== 'expression') return null;
      const look = lookOf(step.text, names);
      if (look === null) return null;
      plain.push({ look, isGate: step.isGate === true });
    }
    return new PlainPaths(variables, plain);
  }

  /** What a worker would answer; null: a worker has to be asked. */
  verdicts(parts: readonly Uint8Array[]): StepVerdict[] | null {
    if (!areSmall(parts)) return null;
    let held: Held;
    try {
      held = this.#variables.held(
        parts.map((part) =>
          parseJson(Buffer.from(part.buffer, part.byteOffset, part.length).toString('utf8')),
        ),
      );
    } catch {
      return null;
    }
    const verdicts: StepVerdict[] = [];
    for (const { look, isGate } of this.#steps) {
      const value = look(held);
      if (value === elsewhere) return null;
      verdicts.push({ kind: 'value', value });
      if (isGate && value !== true) break;
    }
    return verdicts;
  }
}

function areSmall(parts: readonly Uint8Array[]): boolean {
  let bytes = 0;
  for (const part of parts) {
    bytes += part.length;
    if (part.length > ESCAPED_BYTES_MAX && part.includes(BACKSLASH)) return false;
  }
  return bytes <= AT_HAND_BYTES_MAX;
}

function lookOf(expression: string, variables: ReadonlySet<string>): Look | null {
  if (!expression.startsWith('=')) return null;
  const text = expression.slice(1);
  const entries = context.exec(text)?.[1];
  return entries === undefined ? pathLook(text, variables) : contextLook(entries.split(','), variables);
}

function pathLook(text: string, variables: ReadonlySet<string>): Look | null {
  const names = path.exec(text)?.[1]!.split('.');
  if (!names || names.length > NAMES_MAX || !variables.has(names[0]!)) return null;
  if (names.some((name) => noNames.has(name))) return null;
  return (held) => {
    let value: unknown = held;
    for (const name of names) {
      // A list gives what its items have, and what is missing may be there under a name with other spaces.
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return elsewhere;
      if (!Object.hasOwn(value, name)) return elsewhere;
      value = (value as Record<string, unknown>)[name];
    }
    return leafOf(value);
  };
}

function leafOf(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : elsewhere;
  return value === null || typeof value === 'string' || typeof value === 'boolean' ? value : elsewhere;
}

function contextLook(texts: readonly string[], variables: ReadonlySet<string>): Look | null {
  const looks = new Map<string, Look>();
  for (const text of texts) {
    const [, name = '', rest = ''] = entry.exec(text) ?? [];
    const look = pathLook(rest, variables);
    // An entry is a variable for those behind it.
    if (look === null || noNames.has(name) || variables.has(name) || looks.has(name)) return null;
    looks.set(name, look);
  }
  return (held) => {
    const values: Record<string, unknown> = {};
    let characters = 0;
    for (const [name, look] of looks) {
      const value = look(held);
      characters += name.length + (typeof value === 'string' ? value.length : 0);
      if (value === elsewhere || characters > RESULT_CHARS_MAX) return elsewhere;
      values[name] = value;
    }
    return values;
  };
}
