import { readFileSync } from 'node:fs';
import { usage } from './failures.ts';
import { isRecord, type JsonSchema, typeOfValue, typesOf } from './json-schema.ts';

const STDIN = 0;
let isStdinRead = false;

/** The text that an argument stands for: `@file` for what is in a file, `-` for standard input, `@@` for an @. */
export function sourceText(given: string, flag: string): string {
  if (given.startsWith('@@')) return given.slice(1);
  if (given !== '-' && !given.startsWith('@')) return given;
  if (given === '-') {
    if (isStdinRead) throw usage(`${flag} -: standard input can be read for one field only`);
    isStdinRead = true;
  }
  try {
    return readFileSync(given === '-' ? STDIN : given.slice(1), 'utf8');
  } catch (error) {
    throw usage(`${flag} ${given} cannot be read: ${(error as Error).message}`);
  }
}

/** The fields of `--data`: one JSON object. */
export function dataFields(given: string): Record<string, unknown> {
  const value = parsedJson(sourceText(given, '--data'), '--data');
  if (!isRecord(value)) throw usage(`--data must be a JSON object, not ${named(value)}`);
  return value;
}

/** What a field gets, given its flag's values and what the catalogue says of its type. */
export function fieldValue(name: string, given: readonly string[], schema: JsonSchema): unknown {
  const types = typesOf(schema);
  const flag = `--${name}`;
  const texts = given.map((text) => sourceText(text, flag));
  const isList = types.has('array') && (texts.length > 1 || !/^\s*\[/.test(texts[0]!));
  if (isList && schema.items && typesOf(schema.items).has('string')) return texts;
  if (texts.length > 1) throw usage(`${flag} is given ${texts.length} times`);
  return single(texts[0]!, types, flag);
}

function single(text: string, types: ReadonlySet<string>, flag: string): unknown {
  // A field that takes every value takes JSON as JSON and everything else as the text it is.
  if (types.has('string')) return types.size === 1 ? text : (jsonOfType(text, types) ?? text);
  if (types.has('number') || types.has('integer')) return numberOf(text, flag, types);
  if (types.has('boolean')) {
    if (text !== 'true' && text !== 'false') throw usage(`${flag} takes true or false, not "${text}"`);
    return text === 'true';
  }
  return parsedJson(text, flag);
}

function jsonOfType(text: string, types: ReadonlySet<string>): unknown {
  try {
    const value: unknown = JSON.parse(text);
    const type = typeOfValue(value);
    return types.has(type) || (type === 'number' && types.has('integer')) ? value : undefined;
  } catch {
    return undefined;
  }
}

function numberOf(text: string, flag: string, types: ReadonlySet<string>): unknown {
  if (types.has('null') && text === 'null') return null;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value))
    throw usage(`${flag} takes a ${types.has('integer') ? 'whole ' : ''}number, not "${text}"`);
  return value;
}

function parsedJson(text: string, flag: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usage(`${flag} takes JSON: ${(error as Error).message}`);
  }
}

function named(value: unknown): string {
  const type = typeOfValue(value);
  return type === 'null' ? 'null' : `${/^[aeio]/.test(type) ? 'an' : 'a'} ${type}`;
}
