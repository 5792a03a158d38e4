/** `URL` and `URLSearchParams` of the sandbox; the worker's own parser does the parsing. */
import { host } from './host.ts';

type Pair = [name: string, value: string];

function decodePart(text: string): string {
  if (!/[%+]/.test(text)) return text.toWellFormed();
  const bytes: number[] = [];
  const source = host.utf8Encode(text);
  for (let index = 0; index < source.length; index += 1) {
    const byte = source[index]!;
    const hex = byte === 37 ? String.fromCharCode(source[index + 1] ?? 0, source[index + 2] ?? 0) : '';
    const isEscape = /^[0-9a-fA-F]{2}$/.test(hex);
    bytes.push(isEscape ? parseInt(hex, 16) : byte === 43 ? 32 : byte);
    if (isEscape) index += 2;
  }
  return host.utf8Decode(new Uint8Array(bytes), false, true).slice(1);
}

/** Name and value pairs of `application/x-www-form-urlencoded`, in order. */
export function parseForm(text: string): Pair[] {
  const pairs: Pair[] = [];
  for (const part of text.split('&')) {
    if (part === '') continue;
    const at = part.indexOf('=');
    const name = at === -1 ? part : part.slice(0, at);
    pairs.push([decodePart(name), decodePart(at === -1 ? '' : part.slice(at + 1))]);
  }
  return pairs;
}

function encodePart(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

function toText(value: unknown): string {
  return `${value as string}`.toWellFormed();
}

function pairsOf(init: unknown): Pair[] {
  if (init === undefined) return [];
  if ((typeof init !== 'object' && typeof init !== 'function') || init === null) {
    const text = toText(init);
    return parseForm(text[0] === '?' ? text.slice(1) : text);
  }
  if (typeof (init as Iterable<unknown>)[Symbol.iterator] === 'function') {
    return Array.from(init as Iterable<Iterable<unknown>>, (entry) => {
      const pair = Array.from(entry, toText);
      if (pair.length !== 2) throw new TypeError('Each entry must be a name and a value');
      return pair as unknown as Pair;
    });
  }
  return Object.entries(init).map(([name, value]): Pair => [toText(name), toText(value)]);
}

let link: (params: URLSearchParams, pairs: Pair[], onChange: () => void) => void;

/** The WHATWG class; one that belongs to a URL changes it. */
export class URLSearchParams {
  #pairs: Pair[];
  #onChange: (() => void) | undefined;

  static {
    link = (params, pairs, onChange) => {
      params.#pairs = pairs;
      params.#onChange = onChange;
    };
  }

  constructor(init?: unknown) {
    this.#pairs = pairsOf(init);
  }

  get size(): number {
    return this.#pairs.length;
  }

  append(name: unknown, value: unknown): void {
    this.#pairs.push([toText(name), toText(value)]);
    this.#onChange?.();
  }

  delete(name: unknown, value?: unknown): void {
    const key = toText(name);
    const wanted = value === undefined ? undefined : toText(value);
    this.#pairs = this.#pairs.filter(
      (pair) => pair[0] !== key || (wanted !== undefined && pair[1] !== wanted),
    );
    this.#onChange?.();
  }

  get(name: unknown): string | null {
    const key = toText(name);
    return this.#pairs.find((pair) => pair[0] === key)?.[1] ?? null;
  }

  getAll(name: unknown): string[] {
    const key = toText(name);
    return this.#pairs.filter((pair) => pair[0] === key).map((pair) => pair[1]);
  }

  has(name: unknown, value?: unknown): boolean {
    const key = toText(name);
    const wanted = value === undefined ? undefined : toText(value);
    return this.#pairs.some((pair) => pair[0] === key && (wanted === undefined || pair[1] === wanted));
  }

  set(name: unknown, value: unknown): void {
    const key = toText(name);
    const at = this.#pairs.findIndex((pair) => pair[0] === key);
    const pair: Pair = [key, toText(value)];
    if (at === -1) this.#pairs.push(pair);
    else this.#pairs = this.#pairs.filter((other, index) => index <= at || other[0] !== key).with(at, pair);
    this.#onChange?.();
  }

  sort(): void {
    this.#pairs = this.#pairs.toSorted((left, right) =>
      left[0] < right[0] ? -1 : left[0] > right[0] ? 1 : 0,
    );
    this.#onChange?.();
  }

  forEach(callback: (value: string, name: string, params: this) => void, thisArgument?: unknown): void {
    for (const [name, value] of this.#pairs) Reflect.apply(callback, thisArgument, [value, name, this]);
  }

  *entries(): Generator<Pair> {
    for (let index = 0; index < this.#pairs.length; index += 1) {
      const [name, value] = this.#pairs[index]!;
      yield [name, value];
    }
  }

  *keys(): Generator<string> {
    for (const [name] of this.entries()) yield name;
  }

  *values(): Generator<string> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): Generator<Pair> {
    return this.entries();
  }

  toString(): string {
    return this.#pairs.map((pair) => `${encodePart(pair[0])}=${encodePart(pair[1])}`).join('&');
  }

  get [Symbol.toStringTag](): string {
    return 'URLSearchParams';
  }
}

const READ_WRITE = [
  'protocol',
  'username',
  'password',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'hash',
];

function parseUrl(input: unknown, base: unknown): Record<string, string> | undefined {
  const json = host.urlParse(toText(input), base === undefined ? undefined : toText(base));
  return json === '' ? undefined : (JSON.parse(json) as Record<string, string>);
}

/** The WHATWG class; its `searchParams` are live in both directions. */
export class URL {
  #parts: Record<string, string>;
  readonly #search = new URLSearchParams();

  static canParse(input: unknown, base?: unknown): boolean {
    return parseUrl(input, base) !== undefined;
  }

  static parse(input: unknown, base?: unknown): URL | null {
    return parseUrl(input, base) === undefined ? null : new URL(input, base);
  }

  constructor(input: unknown, base?: unknown) {
    const parts = parseUrl(input, base);
    if (parts === undefined) throw new TypeError('Invalid URL');
    this.#parts = parts;
    this.#relink();
  }

  static {
    for (const part of READ_WRITE) {
      Object.defineProperty(URL.prototype, part, {
        get(this: URL): string {
          return this.#parts[part]!;
        },
        set(this: URL, value: unknown) {
          this.#set(part, toText(value));
          if (part === 'search') this.#relink();
        },
        enumerable: true,
        configurable: true,
      });
    }
  }

  #set(part: string, value: string): void {
    this.#parts = JSON.parse(host.urlSet(this.#parts.href!, part, value)) as Record<string, string>;
  }

  #relink(): void {
    const pairs = parseForm(this.#parts.search!.slice(1));
    link(this.#search, pairs, () => this.#set('search', this.#search.toString()));
  }

  get href(): string {
    return this.#parts.href!;
  }

  set href(value: unknown) {
    const parts = parseUrl(value, undefined);
    if (parts === undefined) throw new TypeError('Invalid URL');
    this.#parts = parts;
    this.#relink();
  }

  get origin(): string {
    return this.#parts.origin!;
  }

  get searchParams(): URLSearchParams {
    return this.#search;
  }

  toString(): string {
    return this.#parts.href!;
  }

  toJSON(): string {
    return this.#parts.href!;
  }

  get [Symbol.toStringTag](): string {
    return 'URL';
  }
}
