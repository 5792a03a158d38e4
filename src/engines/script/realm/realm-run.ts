/** What a run sees besides the language, and how its result leaves the sandbox. */
import { SETTLED, host, shapeOf } from './host.ts';
import { formatLine, thrownMessage } from './realm-format.ts';
import { pinTime } from './realm-time.ts';
import { parseForm } from './realm-url.ts';

const BODY_JSON = 1;
const BODY_FORM = 2;
const BODY_TEXT = 3;
const BODY_BASE64 = 4;
const BODY_OMITTED = 5;

/** Limits of the run at hand that the realm itself keeps. */
interface RunLimits {
  logCharsMax: number;
  resultCharsMax: number;
}

const limits: RunLimits = { logCharsMax: 0, resultCharsMax: 0 };
let areLogsFull = false;

// Taken before the realm is frozen, which makes accessors of Array's functions.
const { isArray } = Array;

/**
 * Freezes plain JSON values: a body of at most 500 levels, and meta of as many as its senders let through (64). By calling itself, not with a list of
 * what is still to be frozen: each run comes by here, and in this realm a list grows slowly.
 */
function freezeJson(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (isArray(value)) for (let i = 0; i < value.length; i++) freezeJson(value[i]);
  else for (const key in value) freezeJson((value as Record<string, unknown>)[key]);
  Object.freeze(value);
}

function formObject(text: string): Record<string, string | string[]> {
  const fields = new Map<string, string | string[]>();
  for (const [name, value] of parseForm(text)) {
    const known = fields.get(name);
    if (known === undefined) fields.set(name, value);
    else if (typeof known === 'string') fields.set(name, [known, value]);
    else known.push(value);
  }
  return Object.fromEntries(fields);
}

function parseBody(text: string, kind: number): unknown {
  if (kind === BODY_JSON) return JSON.parse(text);
  if (kind === BODY_FORM) return formObject(text);
  return kind === BODY_TEXT ? text : null;
}

/**
 * Getters: base64 of a body nobody reads would cost 1 µs per KiB. The same for each run, so that all contexts have one shape: with
 * others for each, lists of values to be frozen and limits told each time a run took 36 µs of a worker's CPU, and 30 without.
 * A script can reach them, so they are frozen.
 */
const rawBodyBase64 = { get: Object.freeze(() => host.bodyBase64(0)), enumerable: true };
const bodyBase64 = { get: Object.freeze(() => host.bodyBase64(1)), enumerable: true };

function createContext(metaJson: string, body: unknown, kind: number): object {
  const context = JSON.parse(metaJson) as Record<string, unknown>;
  for (const key in context) freezeJson(context[key]);
  if (kind !== BODY_OMITTED) {
    freezeJson(body);
    context['body'] = body;
    Object.defineProperty(context, 'rawBodyBase64', rawBodyBase64);
    if (kind === BODY_BASE64) Object.defineProperty(context, 'bodyBase64', bodyBase64);
  }
  return Object.freeze(context);
}

function writeLine(level: number, values: unknown[]): void {
  if (areLogsFull) return;
  // One more than is kept, so that the host sees that something is lost.
  areLogsFull = !host.log(level, formatLine(values, limits.logCharsMax + 1));
}

/** `console` with the four levels that are kept. */
export const consoleFunctions = {
  log: (...values: unknown[]) => writeLine(0, values),
  info: (...values: unknown[]) => writeLine(1, values),
  warn: (...values: unknown[]) => writeLine(2, values),
  error: (...values: unknown[]) => writeLine(3, values),
};

/** Longer than any name may be. */
const SECRET_NAME_CHARS_MAX = 128;

/** `secrets`: each value is asked for when the script asks, so that the realm holds none. */
export const secretsFunctions = {
  get: (name: unknown): string => {
    const text = `${name as string}`;
    const answer = text.length > SECRET_NAME_CHARS_MAX ? '' : host.secret(text);
    if (answer !== '') return answer.slice(1);
    throw new Error(
      `No secret named ${JSON.stringify(text.slice(0, SECRET_NAME_CHARS_MAX))} is available to this configuration`,
    );
  },
};

function invalidCall(reason: string): object {
  return {
    success: false,
    data: null,
    message: 'Validation failed',
    errors: [reason],
    code: 'bus.validation-failed',
  };
}

/** A synchronous call that always answers with an envelope. */
export const doCmd = (name: unknown, data?: unknown): unknown => {
  if (typeof name !== 'string' || name === '') return invalidCall('The command name must be a string');
  let json: string | undefined;
  try {
    json = data === undefined || data === null ? '{}' : JSON.stringify(data);
  } catch (error) {
    return invalidCall(`The data cannot be sent: ${thrownMessage(error)}`);
  }
  if (json?.[0] !== '{') return invalidCall('The data must be an object');
  const answer = host.call(name, json);
  try {
    return JSON.parse(answer);
  } catch {
    return {
      success: false,
      data: null,
      message: 'Something went wrong',
      errors: ['The answer is not JSON'],
      code: 'server.surprise',
    };
  }
};

/** An answer as `respond` checked it. */
interface Answer {
  status: number;
  headersJson: string;
  body: string;
  isText: boolean;
}

const answers = new WeakMap<object, Answer>();
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;
// oxlint-disable-next-line no-control-regex -- these are the bytes that would end a header early
const HEADER_VALUE_FORBIDDEN = /[\0\r\n\u0100-\uffff]/;
const HEADERS_MAX = 100;
/** Clients commonly refuse more than 16 KiB of headers in all. */
const HEADER_CHARS_MAX = 8192;

function headerValue(name: string, value: unknown): string {
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  if (!isPlain) throw new TypeError(`respond: header ${name} must be a string or an array of strings`);
  const text = String(value);
  if (text.length > HEADER_CHARS_MAX)
    throw new TypeError(`respond: header ${name} is longer than ${HEADER_CHARS_MAX} characters`);
  if (HEADER_VALUE_FORBIDDEN.test(text))
    throw new TypeError(`respond: header ${name} has a forbidden character`);
  return text;
}

function headersOf(headers: unknown): string {
  if (headers === undefined || headers === null) return '{}';
  if (typeof headers !== 'object') throw new TypeError('respond: headers must be an object');
  const kept = new Map<string, string | string[]>();
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || value === null) continue;
    if (!HEADER_NAME.test(name)) throw new TypeError('respond: a header name has a forbidden character');
    if (kept.size === HEADERS_MAX) throw new TypeError(`respond: more than ${HEADERS_MAX} headers`);
    const values = Array.isArray(value)
      ? Array.from(value, (one) => headerValue(name, one))
      : headerValue(name, value);
    kept.set(name, values);
  }
  const json = JSON.stringify(Object.fromEntries(kept));
  if (json.length > HEADER_CHARS_MAX * 2) throw new TypeError('respond: the headers are too large');
  return json;
}

/** Checks an answer where the script can still catch the mistake; what it returns stands for the answer. */
export const respond = (answer: unknown): object => {
  if (typeof answer !== 'object' || answer === null) {
    throw new TypeError('respond takes { status, headers, body }');
  }
  const { status = 200, headers, body } = answer as { status?: unknown; headers?: unknown; body?: unknown };
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) {
    throw new TypeError('respond: status must be an integer from 200 to 599');
  }
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) {
    throw new TypeError('respond: body must be a string or a JSON value; send bytes as base64 text');
  }
  const isText = typeof body === 'string' || body === undefined;
  const text = isText ? ((body ?? '') as string) : (JSON.stringify(body) ?? 'null');
  const marker = Object.freeze({});
  answers.set(marker, { status, headersJson: headersOf(headers), body: text, isText });
  return marker;
};

/** @returns the text of a result; undefined where the run was settled otherwise. */
function resultText(value: unknown): string | undefined {
  try {
    const answer = typeof value === 'object' && value !== null ? answers.get(value) : undefined;
    const text = answer === undefined ? (JSON.stringify(value) ?? 'null') : answer.body;
    if (text.length > limits.resultCharsMax) host.settle(SETTLED.tooLarge, '', '');
    else if (answer === undefined) return text;
    else {
      const head = `${answer.status}${answer.isText ? 't' : 'j'}${answer.headersJson}`;
      host.settle(SETTLED.responded, text, head);
    }
  } catch (error) {
    host.settle(SETTLED.threw, thrownMessage(error), '');
  }
  return undefined;
}

function settleReturned(value: unknown): void {
  const text = resultText(value);
  if (text !== undefined) host.settle(SETTLED.returned, text, '');
}

function settleThrown(error: unknown): void {
  host.settle(SETTLED.threw, thrownMessage(error), '');
}

/** A script compiled to a function of its context. */
export type CompiledScript = (context: object) => unknown;

/** The numbers of one run (`shape` as `runShape` makes it), and its texts in parts: those of meta first, the body's behind them. */
type RunInput = [shape: number, logCharsMax: number, resultCharsMax: number, ...texts: string[]];

function joined(texts: readonly string[], from: number, to: number): string {
  let text = '';
  for (let at = from; at < to; at++) text += texts[at];
  return text;
}

function isThenable(value: unknown): boolean {
  const mayBe = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return mayBe && typeof (value as { then?: unknown }).then === 'function';
}

/** Settles by V8's own functions: a script's `then` gets none of the realm's. */
async function awaited(value: unknown): Promise<unknown> {
  return value;
}

/**
 * The function that the worker calls for each run: it gives the text of a result that is there at once, or ends in `settle`.
 * @param isAsync the script is an async function.
 */
export function createRun(
  script: CompiledScript,
  isAsync: boolean,
): (...input: RunInput) => string | undefined {
  return (shape, logCharsMax, resultCharsMax, ...texts) => {
    const { kind, isTimePinned, metaParts } = shapeOf(shape);
    limits.logCharsMax = logCharsMax;
    limits.resultCharsMax = resultCharsMax;
    areLogsFull = false;
    pinTime(isTimePinned);
    let body: unknown;
    try {
      body = parseBody(joined(texts, metaParts, texts.length), kind);
    } catch (error) {
      host.settle(SETTLED.unparsable, thrownMessage(error), '');
      return undefined;
    }
    try {
      const value = script(createContext(joined(texts, 0, metaParts), body, kind));
      if (!isAsync && !isThenable(value)) return resultText(value);
      const settled = isAsync ? (value as Promise<unknown>) : awaited(value);
      settled.then(settleReturned, settleThrown);
    } catch (error) {
      settleThrown(error);
    }
    return undefined;
  };
}
