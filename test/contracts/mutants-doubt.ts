import type { Mutant } from './mutants.ts';

const spec = 'src/platform/db/commit-outcome.spec.ts';
const door = 'src/platform/db/write-door.ts';

/** What is taken for known of a commit that was not answered, or that failed. */
export const doubtMutants: readonly Mutant[] = [
  {
    name: 'the number of a transaction that was lost counts as its commit',
    file: 'src/platform/db/dialect-postgres.ts',
    find: 'return tell((await this.writer.ask(LAST_MARK)) === this.open);',
    replacement: "return tell((await this.writer.ask(LAST_MARK)) !== '');",
    spec,
    tests: 'another transaction has its number',
  },
  {
    name: 'a commit of which nobody can tell is refused',
    file: door,
    find: 'const known = outcome.then((wasCommitted) => {',
    replacement: 'const known = Promise.race([outcome, Promise.resolve(false)]).then((wasCommitted) => {',
    spec,
    tests: 'is neither good nor refused',
  },
  {
    name: 'others are committed before it is known what became of one',
    file: door,
    find: 'if (this.doubt) {',
    replacement: 'if (this.doubt && batch.length === 0) {',
    spec,
    tests: 'is neither good nor refused',
  },
  {
    name: 'a command waits for its commit for as long as nobody knows',
    file: door,
    find: 'for (const entry of batch) entry.onDoubt?.(known);',
    replacement: 'for (const entry of batch) void entry;',
    spec,
    tests: 'is told after five seconds that nobody knows',
  },
  {
    name: 'a command that takes its time is told that nobody knows',
    file: 'src/platform/db/told-in-time.ts',
    find: 'waiting.run(onDoubt, work)',
    replacement: 'onDoubt(new Promise(() => undefined));\n    waiting.run(onDoubt, work)',
    spec,
    tests: 'hears the end where it is known in time',
  },
  {
    name: 'rows whose commit failed on the disk count as stored',
    file: 'src/platform/db/sqlite-commit-statement.ts',
    find: 'if (error) this.statement.reset(() => reject(error));',
    replacement:
      'if (error) this.statement.reset(() => (/IOERR/.test(error.message) ? resolve() : reject(error)));',
    spec: 'test/crash/fsync-fails.spec.ts',
  },
];
