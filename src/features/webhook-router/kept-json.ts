import { parseJson } from '../../platform/json-text.ts';

/** What of a step's input and output is kept. */
const STEP_JSON_LENGTH_MAX = 65_536;

/** JSON text as a value, cut where it is long. */
export function keptOf(json: string): unknown {
  return json.length <= STEP_JSON_LENGTH_MAX
    ? parseJson(json)
    : `${json.slice(0, 1000)}… (${json.length} characters)`;
}
