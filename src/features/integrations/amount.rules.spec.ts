import { describe, expect, it } from 'vitest';
import { majorAmount, minorAmount } from './amount.rules.ts';

describe('An amount in naira', () => {
  it.each([
    [10_000, 1_000_000],
    ['10000', 1_000_000],
    ['10,000.50', 1_000_050],
    [1_000.1, 100_010],
    [0.29, 29],
    ['0.290', 29],
    [' 7 ', 700],
    [-3.5, -350],
    [0, 0],
    ['-0', 0],
    [9_999_999_999_999, 999_999_999_999_900],
  ])('%j is %i kobo', (original, minor) => {
    expect(majorAmount(original, 'NGN')).toEqual({ minor, currency: 'NGN', original });
  });

  it.each([[0.001], ['1.234'], [1e21], ['1e3'], ['ten'], [{}], [Number.NaN], ['12345678901234']])(
    '%j is kept, and is no number of kobo',
    (original) => {
      expect(majorAmount(original, 'NGN')).toEqual({ minor: null, currency: 'NGN', original });
    },
  );

  it.each([[undefined], [null], ['']])('that is %j is none', (original) => {
    expect(majorAmount(original, 'NGN')).toBeNull();
  });
});

describe('An amount in kobo', () => {
  it.each([
    [5_000, 5_000],
    ['5000', 5_000],
    ['5000.00', 5_000],
    [0, 0],
  ])('%j is as many', (original, minor) => {
    expect(minorAmount(original, 'NGN')).toMatchObject({ minor });
  });

  it.each([[0.5], ['1.01'], ['x']])('%j is none, and is kept', (original) => {
    expect(minorAmount(original, 'NGN')).toEqual({ minor: null, currency: 'NGN', original });
  });
});
