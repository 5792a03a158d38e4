/** One attack on the sandbox, and what must come of it instead. */
export interface HostileScript {
  kind: string;
  /** What must not happen, as a sentence. */
  name: string;
  source: string;
  /** Fields of the JSON body beside `canary`, the path of a file that nobody may touch. */
  body?: Record<string, unknown>;
  /** The body's text where it is no JSON that `body` could hold. */
  bodyText?: string;
  /** Calls of the one configuration, one after the other; each is judged. Default 1. */
  calls?: number;
  /** Another configuration, called after this one and judged alike. */
  thenSource?: string;
  expect: Expectation;
  /** Texts that the log lines must be judged by; absent: any. */
  logs?: (lines: string[]) => boolean;
}

export type LimitName = 'running-time' | 'total-time' | 'memory' | 'calls' | 'result-size';

/** What must be seen of each call. */
export type Expectation =
  | { refused: RegExp }
  | { rejected: RegExp }
  | { returned: unknown }
  | { threw: RegExp }
  | { limit: LimitName }
  | { responded: { status: number; body?: string; headers?: Record<string, string | null> } }
  /** For races that the sandbox may settle either way without harm. */
  | { oneOf: Expectation[] };

/** What was seen of one call, whatever ran it. */
export type Seen = { logs: string[] } & (
  | { kind: 'refused' | 'rejected' | 'threw'; message: string }
  | { kind: 'returned'; data: unknown }
  | { kind: 'limit'; limit: string }
  | { kind: 'responded'; status: number; body: string; headers: Record<string, string> }
  /** The process that ran it was lost, or had to be killed. */
  | { kind: 'died'; message: string }
);

type Attack = Omit<HostileScript, 'kind'>;

/** Attacks of one kind. */
export function ofKind(kind: string, attacks: Attack[]): HostileScript[] {
  return attacks.map((attack) => ({ kind, ...attack }));
}

/**
 * Text of a script's beginning. `reach(...routes)`: each route gives an object whose constructor's constructor may
 * be the host's `Function`; where one is, it leaves its mark on the canary and answers `escaped`.
 */
export const REACH = `
const reach = (...routes) => {
  for (const route of routes) {
    try {
      const found = route();
      const makers = [found, found?.constructor, found?.constructor?.constructor];
      for (const make of makers) {
        if (typeof make !== 'function' || make.name !== 'Function') continue;
        const host = make('return typeof process === "object" ? process : undefined')();
        if (host === undefined) continue;
        host.getBuiltinModule('node:fs').appendFileSync(context.body.canary, 'touched');
        return 'escaped ' + JSON.stringify(host.env);
      }
    } catch {}
  }
  return 'contained';
};
`;

/** Places in a stack, and addresses of files: nothing of the kind may leave the product. */
export const HOST_TRACE =
  /node:internal|file:\/\/|node_modules|isolated-vm|\.ts:\d|\.js:\d|\bat [^\n]{0,200}:\d+:\d+/;

/** Why what was seen is not what must be; null where it is. */
export function faultOf(script: HostileScript, seen: Seen): string | null {
  if (!isMet(script.expect, seen)) return `expected ${told(script.expect)}, saw ${told(seen)}`;
  if (script.logs && !script.logs(seen.logs)) return `the logs are not right: ${told(seen.logs)}`;
  return null;
}

function isMet(expect: Expectation, seen: Seen): boolean {
  if ('oneOf' in expect) return expect.oneOf.some((one) => isMet(one, seen));
  if ('refused' in expect) return seen.kind === 'refused' && expect.refused.test(seen.message);
  if ('rejected' in expect) return seen.kind === 'rejected' && expect.rejected.test(seen.message);
  if ('threw' in expect)
    return seen.kind === 'threw' && seen.message.length <= 1024 && expect.threw.test(seen.message);
  if ('limit' in expect) return seen.kind === 'limit' && seen.limit === expect.limit;
  if ('returned' in expect) return seen.kind === 'returned' && sameJson(expect.returned, seen.data);
  if (seen.kind !== 'responded') return false;
  const { status, body, headers = {} } = expect.responded;
  const areHeadersRight = Object.entries(headers).every(
    ([name, value]) => (seen.headers[name] ?? null) === value,
  );
  return seen.status === status && (body === undefined || seen.body === body) && areHeadersRight;
}

function sameJson(expected: unknown, given: unknown): boolean {
  return textOf(expected) === textOf(given);
}

/** JSON text, or why there is none: what was seen may be nested deeper than the stack. */
export function textOf(value: unknown): string {
  try {
    return JSON.stringify(value, (_key, inner: unknown) => (inner instanceof RegExp ? String(inner) : inner));
  } catch (error) {
    return String(error);
  }
}

function told(value: unknown): string {
  const text = textOf(value);
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}
