import { expect, it } from 'vitest';
import { inputIn } from './input-text.ts';

const fields = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, 0]));

it('the fields of a command are read up to 1,000 of them and 64 levels', () => {
  expect(inputIn(JSON.stringify(fields(1_000)))).toEqual(fields(1_000));
  expect(inputIn(JSON.stringify(fields(1_001)))).toBeNull();
  expect(inputIn(`{"a":${'['.repeat(63)}${']'.repeat(63)}}`)).toHaveProperty('a');
  expect(inputIn(`{"a":${'['.repeat(64)}${']'.repeat(64)}}`)).toBeNull();
});
