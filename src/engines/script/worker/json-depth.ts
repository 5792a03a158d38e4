/** How deep JSON text nests, judged without parsing it. */

const QUOTE = 34;
const BACKSLASH = 92;

/** True when arrays and objects nest more than `levelsMax` deep; the text must be valid JSON. */
export function isNestedDeeper(json: string, levelsMax: number): boolean {
  // Each level takes an opening and a closing bracket: shorter texts need no look.
  if (json.length <= levelsMax * 2 || !hasMoreThan(levelsMax, json)) return false;
  let depth = 0;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(json, at);
    } else if (code === 91 || code === 123) {
      depth += 1;
      if (depth > levelsMax) return true;
    } else if (code === 93 || code === 125) depth -= 1;
  }
  return false;
}

/** True when more objects and arrays begin, or seem to within strings. */
function hasMoreThan(count: number, json: string): boolean {
  let begun = 0;
  for (const opening of ['{', '[']) {
    for (let at = json.indexOf(opening); at !== -1; at = json.indexOf(opening, at + 1)) {
      begun += 1;
      if (begun > count) return true;
    }
  }
  return false;
}

function endOfString(json: string, start: number): number {
  for (let at = json.indexOf('"', start + 1); at !== -1; at = json.indexOf('"', at + 1)) {
    let escapes = 0;
    while (json.charCodeAt(at - 1 - escapes) === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return at;
  }
  return json.length;
}
