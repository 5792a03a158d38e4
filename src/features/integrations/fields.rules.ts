/** Reading what others send, of which nothing can be taken for granted. */

export type Fields = Readonly<Record<string, unknown>>;

const TEXT_LENGTH_MAX = 200;

/** A value as an object's fields; of anything else none. */
export function fieldsIn(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** The first of these that is a text or a number, as a text; null: none is. */
export function textIn(...values: readonly unknown[]): string | null {
  for (const value of values) {
    const isText = (typeof value === 'string' && value.trim() !== '') || Number.isFinite(value);
    if (isText) return String(value).trim().slice(0, TEXT_LENGTH_MAX);
  }
  return null;
}
