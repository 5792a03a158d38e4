/** What the JSON text of a payload may take, in bytes. */
export const PAYLOAD_BYTES_MAX = 262_144;

/** Of an event type, and of a filter without its star. */
export const TYPE_LENGTH_MAX = 128;

/** `order.paid`: segments of letters, digits, hyphens and underscores, joined by dots. */
export const eventTypePattern = /^[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*$/;

/** An event type, or `prefix.*` for all that begin with `prefix.`. */
export const typeFilterPattern = /^[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*(?:\.\*)?$/;

/** What stands before the star of `prefix.*`, with its dot; null for an exact type. */
export function prefixOf(filter: string): string | null {
  return filter.endsWith('.*') ? filter.slice(0, -1) : null;
}

/** JSON text that is the same for equal values, whatever the order of their fields. Depth must be bounded. */
export function sortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = value as Record<string, unknown>;
  const texts = Object.keys(fields)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${sortedJson(fields[name])}`);
  return `{${texts.join(',')}}`;
}
