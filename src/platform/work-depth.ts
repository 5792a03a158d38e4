import { createHmac, timingSafeEqual } from 'node:crypto';
import { AppError } from './errors.ts';
import type { Sealer } from './sealing.ts';

/** The header that tells work how many others have started one another before it. */
export const DEPTH_HEADER = 'X-Signalbox-Depth';

/** Work that is deeper than this is a loop. */
export const DEPTH_MAX = 16;

const headerName = DEPTH_HEADER.toLowerCase();
const PURPOSE = 'depth of work';
const MAC_BYTES = 18;
/** Depths have no more digits, so that nobody makes us calculate with long ones. */
const SIGNED_DEPTH = /^([1-9]\d{0,3})\.([A-Za-z0-9_-]{24})$/;

/** How deep work is that was started by work, signed by us: nobody else can say so. */
export class WorkDepth {
  private readonly key: Buffer;

  constructor(sealer: Sealer) {
    this.key = sealer.derivedKey(PURPOSE);
  }

  /** The value of the header for work of this depth. */
  headerOf(depth: number): string {
    return `${depth}.${this.macOf(String(depth)).toString('base64url')}`;
  }

  /** 0 for what comes from outside: without the header, or with one that we did not make. */
  depthIn(headers: Readonly<Record<string, string | string[] | undefined>>): number {
    const value = headers[headerName];
    const found = typeof value === 'string' ? SIGNED_DEPTH.exec(value) : null;
    if (!found) return 0;
    const [, depth, mac] = found;
    return timingSafeEqual(Buffer.from(mac!, 'base64url'), this.macOf(depth!)) ? Number(depth) : 0;
  }

  private macOf(depth: string): Buffer {
    return createHmac('sha256', this.key).update(`${PURPOSE}\n${depth}`).digest().subarray(0, MAC_BYTES);
  }
}

/** Work that has started work, and so on, too often: it calls itself. */
export function loopDetected(
  sentence = `The call comes from work that has started itself: more than ${DEPTH_MAX} runs stand behind it`,
): AppError {
  return new AppError({ code: 'loop.detected', kind: 'loop', details: [sentence] });
}
