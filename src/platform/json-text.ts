/**
 * Parses JSON without a fault of V8's: in Node 24 and 26 an object name that is written with escapes may be read as
 * another one that somebody else's text had before (nodejs/node#63785: after `{"\\u0":1}`, `{"\u006bey":1}` gives the
 * name `\u0`). Names written plainly are not affected, so names are made plain before they are parsed.
 * @param revive as JSON.parse has it; it may not go by names.
 */
export function parseJson(text: string, revive?: Revive): unknown {
  if (!text.includes('\\')) return JSON.parse(text, revive);
  // The names only: whatever else is wrong with the text is said by this first parse.
  const value: unknown = JSON.parse(text, revive);
  const plain = plainNames(text);
  if (plain.standIns.size === 0) return plain.text === text ? value : JSON.parse(plain.text, revive);
  return renamed(JSON.parse(plain.text, revive), plain.standIns);
}

/** What becomes of a value. */
type Revive = (name: string, value: unknown) => unknown;

/** JSON text whose object names are written plainly, as far as JSON lets them; the text itself where it is not JSON. */
export function withPlainNames(bytes: Buffer): Buffer {
  if (!bytes.includes(BACKSLASH)) return bytes;
  const text = bytes.toString('utf8');
  try {
    const plain = plainNames(text, false).text;
    return plain === text ? bytes : Buffer.from(plain);
  } catch {
    return bytes;
  }
}

const BACKSLASH = 0x5c;

interface PlainNames {
  text: string;
  /** What stands in the text for names that cannot be written plainly, and the names. */
  standIns: Map<string, string>;
}

// A string, and what follows when it is a name; other strings match without the colon.
const strings = /"((?:[^"\\]|\\.)*)"(\s*:)?/gs;
// oxlint-disable-next-line no-control-regex -- what JSON must escape
const unwritable = /["\\\u0000-\u001f]/;

function plainNames(text: string, withStandIns = true): PlainNames {
  const standIns = new Map<string, string>();
  const prefix = `name ${Math.random().toString(36).slice(2)} `;
  const plain = text.replaceAll(strings, (whole, inner: string, colon: string | undefined) => {
    if (colon === undefined || !inner.includes('\\')) return whole;
    const name = JSON.parse(`"${inner}"`) as string;
    if (!unwritable.test(name)) return `"${name}"${colon}`;
    if (!withStandIns) return whole;
    const standIn = prefix + standIns.size;
    standIns.set(standIn, name);
    return `"${standIn}"${colon}`;
  });
  return { text: plain, standIns };
}

/** Depth is bounded before anything is parsed (`nestsDeeperThan`). */
function renamed(value: unknown, standIns: ReadonlyMap<string, string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => renamed(item, standIns));
  return Object.fromEntries(
    Object.entries(value).map(([name, held]) => [standIns.get(name) ?? name, renamed(held, standIns)]),
  );
}
