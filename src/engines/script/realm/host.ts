/** What the worker lends the sandbox: functions that take and give plain values and never throw. */
export interface RealmHost {
  /** Ends the run; `kind` is one of `SETTLED`. */
  settle(kind: number, text: string, extra: string): void;
  /** Calls a command; the answer is the envelope's JSON text. */
  call(name: string, inputJson: string): string;
  /** Keeps a line; false when no more will be kept. */
  log(level: number, text: string): boolean;
  /** Base64 of the body as received (0) or after inflating (1). */
  bodyBase64(which: number): string;
  /** `=value`, or empty where the run at hand has no secret of that name. */
  secret(name: string): string;
  /** `=digest` or `!message`. */
  hmac(algorithm: string, key: string | Uint8Array, data: string | Uint8Array, encoding: string): string;
  hash(algorithm: string, data: string | Uint8Array, encoding: string): string;
  randomUUID(): string;
  /** Milliseconds since 1970 in a run whose time is pinned. */
  now(): number;
  /** From 0 to less than 1, in a run whose time is pinned. */
  random(): number;
  timingSafeEqual(left: string | Uint8Array, right: string | Uint8Array): boolean;
  /** `=text` or `!message`. */
  atob(text: string): string;
  btoa(text: string): string;
  utf8Encode(text: string): Uint8Array;
  /** `=text` or `!message`. */
  utf8Decode(bytes: Uint8Array, isFatal: boolean, keepsBom: boolean): string;
  /** JSON text of the parts, or empty when it is no URL. */
  urlParse(input: string, base: string | undefined): string;
  /** JSON text of the parts after setting one of them. */
  urlSet(href: string, part: string, value: string): string;
}

/** The part of the host that belongs to the run at hand. */
export type RunHost = Pick<
  RealmHost,
  'settle' | 'call' | 'log' | 'bodyBase64' | 'secret' | 'randomUUID' | 'now' | 'random'
>;

/** The host functions in the order in which they are handed over. */
export const HOST_FUNCTIONS = [
  'settle',
  'call',
  'log',
  'bodyBase64',
  'secret',
  'hmac',
  'hash',
  'randomUUID',
  'now',
  'random',
  'timingSafeEqual',
  'atob',
  'btoa',
  'utf8Encode',
  'utf8Decode',
  'urlParse',
  'urlSet',
] as const satisfies readonly (keyof RealmHost)[];

/** How a run settles, by its number at the host. */
export const SETTLED = { returned: 0, responded: 1, threw: 2, tooLarge: 3, unparsable: 4 } as const;

/** What the realm is told of a run beside its limits and texts. */
export interface RunShape {
  /** Of the body, by its number on the wire. */
  kind: number;
  isTimePinned: boolean;
  /** How many of the texts are meta's. */
  metaParts: number;
}

/** In one number, because each value is copied by itself. */
export function runShape({ kind, isTimePinned, metaParts }: RunShape): number {
  return kind + (isTimePinned ? 8 : 0) + metaParts * 16;
}

/** Reads what `runShape` made. */
export function shapeOf(shape: number): RunShape {
  return { kind: shape & 7, isTimePinned: (shape & 8) !== 0, metaParts: shape >> 4 };
}

/** The host of this realm; filled once, before anything of the script exists. */
export const host = {} as RealmHost;

type HostFunction = (...values: unknown[]) => unknown;

/** At the end of the stack a host function fails with the host's own error, whose stack names the host's files. */
function withoutHostErrors(lent: HostFunction): HostFunction {
  return (...values) => {
    try {
      return lent(...values);
    } catch {
      throw new RangeError('Maximum call stack size exceeded');
    }
  };
}

/** Takes the host functions, given in the order of `HOST_FUNCTIONS`. */
export function lendHost(functions: readonly unknown[]): void {
  for (const [index, name] of HOST_FUNCTIONS.entries()) {
    Object.assign(host, { [name]: withoutHostErrors(functions[index] as HostFunction) });
  }
}
