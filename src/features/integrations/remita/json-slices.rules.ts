import { endOfString } from '../../../platform/json-guard.rules.ts';

/** Cuts JSON where its parts begin and end, so that each part keeps the bytes that it was sent as. For bytes that JSON.parse accepts. */

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const whiteSpace = new Set([0x20, 0x09, 0x0a, 0x0d]);
const opening = new Set([0x5b, 0x7b]);
const closing = new Set([0x5d, 0x7d]);

/** The elements of an array, each from its first to its last byte; of anything else none. */
export function elementsOf(json: Buffer): Buffer[] {
  return trimmed(json)[0] === 0x5b ? partsOf(json) : [];
}

/** The value of an object's member: as JSON.parse has it, the last one of that name; null: there is none. */
export function memberOf(json: Buffer, name: string): Buffer | null {
  if (trimmed(json)[0] !== 0x7b) return null;
  let value: Buffer | null = null;
  for (const member of partsOf(json)) {
    const end = endOfString(member, 0) + 1;
    if (JSON.parse(member.toString('utf8', 0, end)) === name)
      value = trimmed(member.subarray(member.indexOf(COLON, end) + 1));
  }
  return value;
}

/** Without the white space around it. */
export function trimmed(json: Buffer): Buffer {
  let start = 0;
  let end = json.length;
  while (start < end && whiteSpace.has(json[start]!)) start++;
  while (start < end && whiteSpace.has(json[end - 1]!)) end--;
  return json.subarray(start, end);
}

/** What stands between the commas of the outermost array or object. */
function partsOf(json: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]!;
    if (byte === QUOTE) at = endOfString(json, at);
    else if (opening.has(byte)) {
      if (++depth === 1) start = at + 1;
    } else if ((closing.has(byte) && --depth === 0) || (byte === COMMA && depth === 1)) {
      parts.push(trimmed(json.subarray(start, at)));
      start = at + 1;
    }
  }
  // An empty array or object is one part without a byte.
  return parts.filter(({ length }) => length > 0);
}
