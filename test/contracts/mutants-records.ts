import type { Mutant } from './mutants.ts';

const spec = 'src/platform/db/sqlite-table-records.spec.ts';
const records = 'src/platform/db/sqlite-table-records.ts';

/** What the rows of a commit on SQLite have in common. */
export const recordMutants: readonly Mutant[] = [
  {
    name: 'what the first two rows have in common is given to all',
    file: records,
    find: 'rows.every((row) => row[at] === value)',
    replacement: 'rows[1]![at] === value',
    spec,
    tests: 'comes back in each of them',
  },
  {
    name: 'a statement for other columns is taken',
    file: 'src/platform/db/dialect-sqlite.ts',
    find: 'for (const at of shared.keys()) name += `s${at}`;',
    replacement: 'name += `s${shared.size}`;',
    spec,
    tests: 'whichever columns that are',
  },
  {
    name: 'what no JSON carries is bound all the same',
    file: records,
    find: 'if (![...shared.values()].every(survivesJson)) return null;',
    replacement: '',
    spec,
    tests: 'may be what no JSON carries',
  },
];
