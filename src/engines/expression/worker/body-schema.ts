/** JSON Schema 2020-12 of strangers. */
import { Ajv2020, type ErrorObject, type Options, type ValidateFunction } from 'ajv/dist/2020.js';

const REASONS_MAX = 10;
const REASON_CHARS_MAX = 200;
/** Up to this size all reasons are gathered; of a larger value the first: it could have half a million. */
const ALL_REASONS_BYTES_MAX = 65_536;

const options: Options = {
  // As the standard has it, unknown keywords and formats are annotations.
  strict: false,
  validateFormats: false,
  // A required "constructor" is not there because every object has one.
  ownProperties: true,
  logger: false,
};

/** A schema, compiled at its first use. */
export class BodySchema {
  readonly #schema: object | boolean;
  readonly #first: ValidateFunction;
  #all: ValidateFunction | undefined;

  constructor(schema: unknown) {
    this.#schema = schema as object | boolean;
    this.#first = compiled(this.#schema, { validateSchema: false });
  }

  /** Why the value does not match; empty: it does. */
  reasons(value: unknown, bytes: number): string[] {
    if (this.#first(value) === true) return [];
    let failed = this.#first;
    if (bytes <= ALL_REASONS_BYTES_MAX) {
      failed = this.#all ??= compiled(this.#schema, { validateSchema: false, allErrors: true });
      failed(value);
    }
    const reasons = [...new Set((failed.errors ?? []).slice(0, REASONS_MAX * 10).map(reasonOf))];
    failed.errors = null;
    return reasons.length === 0 ? ['body does not match'] : reasons.slice(0, REASONS_MAX);
  }
}

/** The first fault of a schema as a sentence, or null. */
export function schemaFault(schema: unknown): string | null {
  try {
    compiled(schema as object, {});
    return null;
  } catch (error) {
    return error instanceof RangeError ? 'it nests too deep' : (error as Error).message;
  }
}

function compiled(schema: object | boolean, more: Options): ValidateFunction {
  // One for each schema: what one declares (`$id`) is unknown to the others. Nothing is ever fetched.
  const validate = new Ajv2020({ ...options, ...more }).compile(schema);
  if ('$async' in validate) throw new Error('$async is not a keyword of JSON Schema');
  return validate;
}

function reasonOf({ instancePath, keyword, message, params }: ErrorObject): string {
  const name: unknown = params['additionalProperty'] ?? params['unevaluatedProperty'];
  const allowed = keyword === 'enum' ? (params['allowedValues'] as unknown[]) : undefined;
  const more = name === undefined ? allowed && JSON.stringify(allowed).slice(1, -1) : `"${String(name)}"`;
  const reason = `body${instancePath} ${message ?? 'does not match'}${more ? `: ${more}` : ''}`;
  return reason.length > REASON_CHARS_MAX ? `${reason.slice(0, REASON_CHARS_MAX)}…` : reason;
}
