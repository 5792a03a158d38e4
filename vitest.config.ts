import { defineConfig } from 'vitest/config';
import { isPostgres } from './test/support/database.ts';
import { postgresBinaries } from './test/support/postgres/binaries.ts';

const isLeftOut = isPostgres && postgresBinaries() === null;
if (isLeftOut) {
  const sentence = 'PostgreSQL is not installed for this platform: the tests on it are left out';
  if (process.env['CI']) throw new Error(sentence);
  console.log(sentence);
}

export default defineConfig({
  test: {
    include: isLeftOut ? [] : ['src/**/*.spec.ts', 'test/**/*.spec.ts'],
    passWithNoTests: isLeftOut,
    exclude: ['test/browser/**', 'node_modules/**'],
    globalSetup: isPostgres && !isLeftOut ? ['test/support/postgres/server.ts'] : [],
    setupFiles: ['test/support/end-servers.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default'],
  },
});
