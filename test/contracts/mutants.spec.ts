import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mutants } from './mutants.ts';

const root = join(import.meta.dirname, '../..');
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');

describe('each mutant of the code', () => {
  it.each(mutants)('still has its one place: $name', ({ file, find, replacement }) => {
    expect(textOf(file).split(find)).toHaveLength(2);
    expect(replacement).not.toBe(find);
  });

  it.each(mutants)('still has the spec that must notice it: $name', ({ spec, tests }) => {
    expect(existsSync(join(root, spec))).toBe(true);
    expect(textOf(spec)).toContain(tests ?? '');
  });

  it('has a name of its own', () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });
});
