/** Time and chance as a script sees them: real, or those of its first run where it is run again. */
import { host } from './host.ts';

const RealDate = Date;
const realRandom = Math.random;
const nativeFormat = Object.getOwnPropertyDescriptor(Intl.DateTimeFormat.prototype, 'format')!.get!;
const nativeFormatToParts = Intl.DateTimeFormat.prototype.formatToParts;
let isPinned = false;

/** True: the host says what time it is and what comes by chance, in every try of the run the same. */
export function pinTime(isPinnedNow: boolean): void {
  isPinned = isPinnedNow;
}

function timeNow(): number {
  return isPinned ? host.now() : RealDate.now();
}

function SandboxDate(this: unknown, ...parts: unknown[]): unknown {
  if (new.target === undefined) return new RealDate(timeNow()).toString();
  return Reflect.construct(RealDate, parts.length === 0 ? [timeNow()] : parts, new.target);
}

/** Puts them in the place of the language's own; before anything is frozen. */
export function installTime(): void {
  const hidden = { enumerable: false, configurable: true, writable: true };
  Object.defineProperties(SandboxDate, {
    name: { value: 'Date', configurable: true },
    length: { value: 7, configurable: true },
    prototype: { value: RealDate.prototype, writable: false, enumerable: false, configurable: false },
    now: { value: { now: () => timeNow() }.now, ...hidden },
    parse: { value: RealDate.parse, ...hidden },
    UTC: { value: RealDate.UTC, ...hidden },
  });
  Object.defineProperty(RealDate.prototype, 'constructor', { value: SandboxDate, ...hidden });
  Object.defineProperty(globalThis, 'Date', { value: SandboxDate, ...hidden });
  const random = { random: () => (isPinned ? host.random() : realRandom()) }.random;
  Object.defineProperty(Math, 'random', { value: random, ...hidden });
  // Without a date they format the real one.
  Object.defineProperties(Intl.DateTimeFormat.prototype, {
    format: {
      get(this: Intl.DateTimeFormat) {
        const format = Reflect.apply(nativeFormat, this, []) as (date?: Date | number) => string;
        return (date?: Date | number) => format(date === undefined ? timeNow() : date);
      },
      enumerable: false,
      configurable: true,
    },
    formatToParts: {
      value: {
        formatToParts(this: Intl.DateTimeFormat, date?: Date | number) {
          return Reflect.apply(nativeFormatToParts, this, [date === undefined ? timeNow() : date]) as unknown;
        },
      }.formatToParts,
      ...hidden,
    },
  });
}
