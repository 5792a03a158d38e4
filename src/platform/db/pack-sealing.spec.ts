import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keptAfterCollections } from '../../../test/support/kept-memory.ts';
import { Sealer } from '../sealing.ts';
import { openPack, sealPack } from './pack-sealing.ts';

const sealer = new Sealer(randomBytes(32));

/** As calls are: much the same again and again. */
function calls(bytes: number): Buffer {
  let text = '';
  for (let n = 0; text.length < bytes; n++)
    text += JSON.stringify({ id: `evt_${n}`, at: Date.UTC(2026, 0, 1) + n * 7919, items: [n, n * 2] });
  return Buffer.from(text).subarray(0, bytes);
}

describe('a pack', () => {
  it('comes out as it went in, whatever its size and whatever went before it', () => {
    const sizes = [0, 1, 4_095, 4_096, 4_097, 65_535, 65_536, 65_537, 262_144, 3_000_000];
    for (const bytes of [...sizes, ...sizes.toReversed()]) {
      for (const plain of [calls(bytes), randomBytes(bytes)])
        expect(openPack(sealPack(plain, sealer), sealer).equals(plain), `${bytes} bytes`).toBe(true);
    }
  });

  it('is the same frame as if it were the first one', () => {
    const plain = calls(20_000);
    const first = openedFrame(plain);
    for (let n = 0; n < 20; n++) sealPack(calls(5_000 + n * 3_001), sealer);
    expect(openedFrame(plain).equals(first)).toBe(true);
  });

  it('takes less room where calls resemble each other, and none more than a seal where they do not', () => {
    expect(sealPack(calls(28_672), sealer).length).toBeLessThan(28_672 / 4);
    const seal = sealer.seal(Buffer.alloc(0)).length;
    expect(sealPack(randomBytes(28_672), sealer).length).toBe(28_672 + seal);
  });

  it('leaves nothing for a full collection to find', () => {
    const plain = calls(8_000);
    expect(keptAfterCollections(() => sealPack(plain, sealer))).toBeLessThan(8_000_000);
  });
});

/** What is encrypted of a pack. */
function openedFrame(plain: Buffer): Buffer {
  return Buffer.from(sealer.open(sealPack(plain, sealer)));
}
