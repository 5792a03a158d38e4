import { afterAll } from 'vitest';
import { giveUpDatabases } from './database.ts';
import { endAll } from './signalbox.ts';

// Registered before those of the spec, and so run after them.
afterAll(async () => {
  const left = endAll();
  await giveUpDatabases();
  if (left > 0) throw new Error(`${left} servers were left running`);
});
