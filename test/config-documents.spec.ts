import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readConfig, variableNames } from '../src/config.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** The rows of the README's table of variables: names, and the default of the only one. */
const rows = [...readme.matchAll(/^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*) +\| (.*?) +\|/gm)].map(
  ([, names, standard]) => ({
    names: [...names!.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name!),
    standard: standard!,
  }),
);

describe('The README', () => {
  it('names each variable that Signalbox reads, once, and no other', () => {
    const named = rows.flatMap(({ names }) => names).sort();
    // Nobody sets that one but the tests of crashes.
    expect(named).toStrictEqual(variableNames.filter((name) => name !== 'SIGNALBOX_FAULT_POINT').sort());
  });

  it('gives defaults that are the same when they are set', () => {
    const given = rows.flatMap(({ names: [name, ...others], standard }) => {
      const value = /^`(.+)`$/.exec(standard)?.[1] ?? /^\d+$/.exec(standard)?.[0];
      return value === undefined || others.length > 0 ? [] : [[name!, value]];
    });
    expect(given.length).toBeGreaterThan(5);
    expect(readConfig(Object.fromEntries(given))).toStrictEqual(readConfig({}));
  });
});
