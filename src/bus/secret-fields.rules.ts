import { MASK } from '../platform/masking.rules.ts';

/** What of a request says which of its fields nobody may read later. */
interface SecretFields {
  secretFields?: readonly string[];
  input: { shape: object };
}

type Input = Readonly<Record<string, unknown>>;

/** The input as records may keep it; where fields are secret, so are those that are not known: one may be a slip of the pen. */
export function recordedInput({ secretFields, input: { shape } }: SecretFields, input: Input): Input {
  if (!secretFields) return input;
  const isShown = (name: string) => Object.hasOwn(shape, name) && !secretFields.includes(name);
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => [name, isShown(name) ? value : MASK]),
  );
}

/** The values that must be readable nowhere in the record of the work behind the request. */
export function secretValuesIn({ secretFields = [] }: SecretFields, input: Input): string[] {
  return secretFields.flatMap((name) => textsIn(input[name]));
}

/** Of a field with secrets by name it is the values. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(textsIn);
  return typeof value === 'string' ? [value] : [];
}

/** The same of what came of it. */
export function secretResultsIn(
  { secretResults = [] }: { secretResults?: readonly string[] },
  data: unknown,
): string[] {
  if (typeof data !== 'object' || data === null) return [];
  const fields = data as Input;
  return secretResults.map((name) => fields[name]).filter((value) => typeof value === 'string');
}
