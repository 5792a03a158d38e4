import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Sealer } from './sealing.ts';
import { DEPTH_HEADER, WorkDepth } from './work-depth.ts';

const key = randomBytes(32);
const depths = new WorkDepth(new Sealer(key));
const depthOf = (value: string | string[] | undefined) =>
  depths.depthIn({ [DEPTH_HEADER.toLowerCase()]: value });

describe('The depth of work', () => {
  it.each([1, 2, 16, 17, 9999])('%i is read back from its header', (depth) => {
    const header = depths.headerOf(depth);
    expect(header).toMatch(new RegExp(`^${depth}\\.[\\w-]{24}$`));
    expect(depthOf(header)).toBe(depth);
    expect(new WorkDepth(new Sealer(key)).depthIn({ [DEPTH_HEADER.toLowerCase()]: header })).toBe(depth);
  });

  it('is 0 without the header', () => {
    expect(depths.depthIn({})).toBe(0);
    expect(depthOf(undefined)).toBe(0);
  });

  const mac = depths.headerOf(16).slice(3);
  it.each([
    ['empty', ''],
    ['without a signature', '16'],
    ['with an empty one', '99999.'],
    ['with a short one', '16.xxxx'],
    ['with one of the right length', `16.${'x'.repeat(24)}`],
    ['with that of another depth', `15.${mac}`],
    ['with a cut one', `16.${mac.slice(0, -1)}`],
    ['with a prolonged one', `16.${mac}A`],
    ['written otherwise', `016.${mac}`],
    ['with a sign', `+16.${mac}`],
    ['below zero', `-16.${mac}`],
    ['a fraction', `16.0.${mac}`],
    ['longer than any', depths.headerOf(10_000)],
    ['twice', `16.${mac}, 16.${mac}`],
    ['of another key', new WorkDepth(new Sealer(randomBytes(32))).headerOf(16)],
  ])('is 0 where the header is %s', (_what, value) => {
    expect(depthOf(value)).toBe(0);
  });

  it('is 0 where there are several headers', () => {
    const header = depths.headerOf(16);
    expect(depthOf(header)).toBe(16);
    expect(depthOf([header, header])).toBe(0);
  });
});
