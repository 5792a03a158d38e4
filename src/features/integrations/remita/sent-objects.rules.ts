import { parseJson } from '../../../platform/json-text.ts';
import { type Fields, textIn } from '../fields.rules.ts';
import { elementsOf, trimmed } from './json-slices.rules.ts';

/** What one call may report; senders are not known to send more than a handful. */
export const OBJECTS_MAX = 1_000;

const BYTE_ORDER_MARK = Buffer.from('\uFEFF');
/** A double keeps so many decimal digits of any number. */
const DIGITS_KEPT = 15;

/** A JSON object as it was sent. */
export interface SentObject {
  fields: Fields;
  /** Its own bytes, without those around it. */
  raw: Buffer;
}

/** The object that a body is, or the objects of its array; null: it is neither, or has none, or too many. */
export function sentObjects(body: Buffer): SentObject[] | null {
  const hasMark = body.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  const json = trimmed(hasMark ? body.subarray(BYTE_ORDER_MARK.length) : body);
  try {
    const isArray = Array.isArray(parseJson(json.toString('utf8')));
    return objectsOf(isArray ? elementsOf(json) : [json]);
  } catch {
    return null;
  }
}

/** Each of these as an object; null: one is none, or there are none, or too many. @param slices JSON. */
export function objectsOf(slices: readonly Buffer[]): SentObject[] | null {
  if (slices.length === 0 || slices.length > OBJECTS_MAX || slices.some((raw) => raw[0] !== 0x7b))
    return null;
  return slices.map((raw) => ({ fields: readJson(raw.toString('utf8')) as Fields, raw }));
}

/** Reads JSON; a number that would lose digits becomes its text. @throws SyntaxError */
export function readJson(text: string): unknown {
  return parseJson(text, exactly);
}

function exactly(_name: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  return typeof value !== 'number' || source === undefined || keepsDigits(value, source) ? value : source;
}

function keepsDigits(value: number, source: string): boolean {
  if (/^-?\d+$/.test(source)) return Number.isSafeInteger(value);
  const digits = source
    .replace(/e.*$/i, '')
    .replaceAll(/\D/g, '')
    .replaceAll(/^0+|0+$/g, '');
  return Number.isFinite(value) && digits.length <= DIGITS_KEPT;
}

/** A name that was given to something: a text of visible ASCII or a number; null: there is none that could be one. */
export function nameIn(...values: readonly unknown[]): string | null {
  const name = textIn(...values);
  return name !== null && /^[\x21-\x7e]{1,100}$/.test(name) ? name : null;
}

/** What was sent, and under its name of today what came under an older one. @param older the older name of each. */
export function withNamesOfToday(sent: Fields, older: Readonly<Record<string, string>>): Fields {
  const added = Object.entries(older).flatMap(([name, was]) => {
    const isOld = (sent[name] === undefined || sent[name] === null) && sent[was] !== undefined;
    return isOld ? [[name, sent[was]] as const] : [];
  });
  return { ...sent, ...Object.fromEntries(added) };
}
