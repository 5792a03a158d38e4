import { afterAll } from 'vitest';
import { endAll } from './signalbox.ts';

// Registered before those of the spec, and so run after them.
afterAll(() => {
  const left = endAll();
  if (left > 0) throw new Error(`${left} servers were left running`);
});
