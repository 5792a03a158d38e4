/** `crypto`, `atob`, `btoa`, `TextEncoder` and `TextDecoder` of the sandbox, over the worker's own. */
import { host } from './host.ts';

/** An own copy, because handing over a view would carry its whole buffer across. */
function copyOf(value: unknown): Uint8Array | undefined {
  // Not `slice`, which asks the value's own class what to make.
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (value instanceof ArrayBuffer) return new Uint8Array(value.slice(0));
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(
      value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength) as ArrayBuffer,
    );
  }
  return undefined;
}

function textOrBytes(value: unknown, what: string): string | Uint8Array {
  if (typeof value === 'string') return value;
  const bytes = copyOf(value);
  if (bytes === undefined) throw new TypeError(`${what} must be a string or a Uint8Array`);
  return bytes;
}

function algorithmName(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('The algorithm must be a string, such as "sha256"');
  return value;
}

function encodingName(value: unknown): string {
  if (value === undefined) return 'hex';
  if (value === 'hex' || value === 'base64' || value === 'base64url') return value;
  throw new TypeError('The encoding must be "hex" or "base64"');
}

/** Host answers are `=value` or `!message`. */
function unwrap(answer: string): string {
  if (answer[0] === '=') return answer.slice(1);
  throw new TypeError(answer.slice(1));
}

/** The sandbox's `crypto`. */
export const cryptoFunctions = {
  hmac(algorithm: unknown, key: unknown, data: unknown, encoding?: unknown): string {
    const name = algorithmName(algorithm);
    const keyPart = textOrBytes(key, 'The key');
    return unwrap(host.hmac(name, keyPart, textOrBytes(data, 'The data'), encodingName(encoding)));
  },
  hash(algorithm: unknown, data: unknown, encoding?: unknown): string {
    const name = algorithmName(algorithm);
    return unwrap(host.hash(name, textOrBytes(data, 'The data'), encodingName(encoding)));
  },
  randomUUID(): string {
    return host.randomUUID();
  },
  timingSafeEqual(left: unknown, right: unknown): boolean {
    return host.timingSafeEqual(textOrBytes(left, 'The first value'), textOrBytes(right, 'The second value'));
  },
};

function unwrapBase64(answer: string): string {
  if (answer[0] === '=') return answer.slice(1);
  const error = new Error(answer.slice(1));
  error.name = 'InvalidCharacterError';
  throw error;
}

/** `atob` and `btoa` as browsers have them. */
export const base64Functions = {
  atob: (text: unknown) => unwrapBase64(host.atob(`${text as string}`)),
  btoa: (text: unknown) => unwrapBase64(host.btoa(`${text as string}`)),
};

/** The WHATWG encoder. */
export class TextEncoder {
  get encoding(): string {
    return 'utf-8';
  }

  encode(text: unknown = ''): Uint8Array {
    return host.utf8Encode(`${text as string}`);
  }

  encodeInto(text: unknown, target: Uint8Array): { read: number; written: number } {
    let read = 0;
    let written = 0;
    for (const character of `${text as string}`) {
      const bytes = host.utf8Encode(character);
      if (written + bytes.length > target.length) break;
      target.set(bytes, written);
      written += bytes.length;
      read += character.length;
    }
    return { read, written };
  }
}

const UTF8_LABELS = ['utf-8', 'utf8', 'unicode-1-1-utf-8'];

/** The WHATWG decoder for UTF-8, without streaming. */
export class TextDecoder {
  readonly #isFatal: boolean;
  readonly #keepsBom: boolean;

  constructor(label: unknown = 'utf-8', options?: { fatal?: unknown; ignoreBOM?: unknown }) {
    if (!UTF8_LABELS.includes(`${label as string}`.trim().toLowerCase())) {
      throw new RangeError('TextDecoder knows only "utf-8" here');
    }
    this.#isFatal = Boolean(options?.fatal);
    this.#keepsBom = Boolean(options?.ignoreBOM);
  }

  get encoding(): string {
    return 'utf-8';
  }

  get fatal(): boolean {
    return this.#isFatal;
  }

  get ignoreBOM(): boolean {
    return this.#keepsBom;
  }

  decode(input?: unknown, options?: { stream?: unknown }): string {
    if (options?.stream) throw new TypeError('TextDecoder does not stream here');
    if (input === undefined) return '';
    const bytes = copyOf(input);
    if (bytes === undefined) throw new TypeError('decode takes an ArrayBuffer or a view of one');
    return unwrap(host.utf8Decode(bytes, this.#isFatal, this.#keepsBom));
  }
}
