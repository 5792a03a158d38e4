import { defineConfig } from 'vitest/config';

/** Tests that need Chromium; `npm test` leaves them out so that it runs where there is none. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.spec.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
