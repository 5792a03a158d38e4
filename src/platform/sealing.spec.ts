import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Sealer } from './sealing.ts';

const sealer = new Sealer(randomBytes(32));
/** One format byte, a nonce of 12, a tag of 16. */
const HEAD_BYTES = 29;

describe('Sealing', () => {
  it.each([0, 1, 15, 16, 17, 1000, 1_000_000])('gives %i bytes back as they were', (length) => {
    const text = randomBytes(length);
    expect(sealer.open(sealer.seal(text)).equals(text)).toBe(true);
  });

  it('leaves nothing readable, and adds 29 bytes', () => {
    const text = Buffer.from('correct horse battery staple');
    const sealed = sealer.seal(text);
    expect(sealed.length).toBe(HEAD_BYTES + text.length);
    expect(sealed.includes('horse')).toBe(false);
  });

  it('is opened by another holder of the key, and by nobody else', () => {
    const key = randomBytes(32);
    const sealed = new Sealer(key).seal(Buffer.from('text'));
    expect(new Sealer(Buffer.from(key)).open(sealed).toString()).toBe('text');
    expect(() => sealer.open(sealed)).toThrow();
    const almost = Buffer.from(key);
    almost[31]! ^= 1;
    expect(() => new Sealer(almost).open(sealed)).toThrow();
  });

  it('refuses whatever had a single bit of it changed', () => {
    const sealed = sealer.seal(Buffer.from('a text of some length'));
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const altered = Buffer.from(sealed);
      altered[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => sealer.open(altered), `bit ${bit}`).toThrow();
    }
  });

  it.each(['', 'a text of some length'])('refuses whatever had something cut off or added: "%s"', (text) => {
    const sealed = sealer.seal(Buffer.from(text));
    for (let length = 0; length < sealed.length; length++) {
      expect(() => sealer.open(sealed.subarray(0, length)), `${length} bytes`).toThrow();
    }
    expect(() => sealer.open(Buffer.concat([sealed, Buffer.from([0])]))).toThrow();
  });

  it('refuses two halves of different texts', () => {
    const one = sealer.seal(Buffer.from('aaaa'));
    const two = sealer.seal(Buffer.from('bbbb'));
    expect(() =>
      sealer.open(Buffer.concat([one.subarray(0, HEAD_BYTES), two.subarray(HEAD_BYTES)])),
    ).toThrow();
  });

  it('never uses a nonce twice, and never gives two equal results for one text', () => {
    const nonces = new Set<string>();
    const text = Buffer.from('x');
    for (let n = 0; n < 100_000; n++) nonces.add(sealer.seal(text).toString('latin1', 1, 13));
    expect(nonces.size).toBe(100_000);
  });

  it('begins with other nonces at each start with the same key', () => {
    const key = randomBytes(32);
    const nonces = new Set<string>();
    for (let n = 0; n < 1_000; n++)
      nonces.add(new Sealer(key).seal(Buffer.alloc(0)).toString('latin1', 1, 13));
    expect(nonces.size).toBe(1_000);
  });

  it('does not reach into what it sealed before', () => {
    const first = sealer.seal(Buffer.from('first'));
    const copy = Buffer.from(first);
    for (let n = 0; n < 100; n++) sealer.seal(Buffer.from('later'));
    expect(first.equals(copy)).toBe(true);
  });

  it.each([0, 16, 31, 33, 64])('takes no key of %i bytes', (length) => {
    expect(() => new Sealer(Buffer.alloc(length))).toThrow('A sealing key has 32 bytes');
  });
});

describe('A fingerprint', () => {
  it('is the same for the same text under the same key, and differs with either', () => {
    const key = randomBytes(32);
    const fingerprint = new Sealer(key).fingerprint('text');
    expect(new Sealer(Buffer.from(key)).fingerprint('text')).toBe(fingerprint);
    expect(new Sealer(key).fingerprint('text ')).not.toBe(fingerprint);
    expect(sealer.fingerprint('text')).not.toBe(fingerprint);
  });
});
