import type { CatalogueItem } from './catalogue.ts';
import { choicesOf, type JsonSchema, typesOf, variantFor } from './json-schema.ts';

const CHOICES_LENGTH_MAX = 60;

/** Everything that the catalogue says of a command, and how it is given. */
export function itemHelp(item: CatalogueItem, example: Record<string, unknown> | null): string {
  const { $type, kind, permission, inputSchema } = item;
  const required = new Set(inputSchema.required);
  const fields = Object.entries(inputSchema.properties ?? {});
  const ordered = [
    ...fields.filter(([name]) => required.has(name)),
    ...fields.filter(([name]) => !required.has(name)),
  ];
  const lines = ordered.map(([name, schema]) => {
    const notes = [
      ...(required.has(name) ? ['required'] : []),
      ...(schema.default === undefined ? [] : [`default ${JSON.stringify(schema.default)}`]),
      ...rangeOf(schema),
    ];
    return { flag: `  --${name} ${valueName(schema)}`, notes: notes.join(', ') };
  });
  const width = Math.min(48, Math.max(0, ...lines.map(({ flag }) => flag.length)));
  return [
    `${$type}: a ${kind} that needs the permission ${permission}.`,
    '',
    lines.length === 0 ? 'It has no fields.' : 'Fields:',
    ...lines.map(({ flag, notes }) => `${flag.padEnd(width)}  ${notes}`.trimEnd()),
    ...fields.flatMap(([name, schema]) => structureOf(name, schema)),
    '',
    'Each value may be @file for what is in a file, or - for standard input; --data takes all fields as one JSON object.',
    ...(example ? ['', 'Example:', `  ${exampleLine($type, example)}`] : []),
  ].join('\n');
}

/** What stands for the value in a line of help. */
function valueName(schema: JsonSchema): string {
  const choices = choicesOf(schema)?.join('|');
  if (choices !== undefined && choices.length <= CHOICES_LENGTH_MAX) return `<${choices}>`;
  const types = typesOf(schema);
  if (types.size > 4) return '<text or JSON>';
  if (types.has('array') && schema.items && typesOf(schema.items).has('string')) return '<text> …';
  const isJson = types.has('object') || types.has('array');
  if (types.has('string')) return isJson ? '<text or JSON>' : schema.format ? '<time>' : '<text>';
  if (types.has('integer')) return '<whole number>';
  if (types.has('number')) return '<number>';
  if (types.has('boolean')) return '<true|false>';
  return types.has('array') ? '<JSON list>' : '<JSON object>';
}

function rangeOf({ minimum, maximum }: JsonSchema): string[] {
  const low = minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? null : minimum;
  const high = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? null : maximum;
  if (low !== null && high !== null) return [`${low} to ${high}`];
  if (low !== null) return [`at least ${low}`];
  return high === null ? [] : [`at most ${high}`];
}

/** The inside of a field that is an object or a list of objects, as far as its names are fixed. */
function structureOf(name: string, schema: JsonSchema): string[] {
  const isList = typesOf(schema).has('array');
  const held = isList ? (schema.items ?? {}) : schema;
  const variants = (held.anyOf ?? held.oneOf ?? [held]).filter(({ properties }) => properties);
  if (variants.length === 0) return [];
  const head = `${isList ? 'Each of ' : ''}--${name}${variants.length > 1 ? ' is one of' : ' has'}:`;
  return ['', head, ...variants.map((variant) => `  ${shapeOf(variant)}`)];
}

function shapeOf(schema: JsonSchema): string {
  const required = new Set(schema.required);
  const fields = Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const inner = variantFor(field, {});
    const value =
      'const' in field
        ? String(field.const)
        : inner.properties
          ? shapeOf(inner)
          : valueName(field).replace('<text> …', '[<text>, …]');
    return `${name}${required.has(name) ? '' : '?'}: ${value}`;
  });
  return `{ ${fields.join(', ')} }`;
}

/** The example as somebody would type it in a shell. */
function exampleLine($type: string, example: Record<string, unknown>): string {
  const flags = Object.entries(example).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return ` --${name} ${quoted(text)}`;
  });
  return `signalbox cmd ${$type}${flags.join('')}`;
}

function quoted(text: string): string {
  return /^[\w.,:/=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
