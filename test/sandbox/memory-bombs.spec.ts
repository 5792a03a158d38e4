import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptPool } from '../../src/engines/script/index.ts';
import { scriptRequest } from '../../src/engines/script/script.fixture.ts';
import { arrayBombs, bufferBombs, mapBombs, memoryOrTime, stringBombs } from './hostile/memory-bombs.ts';

const RUNNING_MS = 20_000;
const pool = new ScriptPool({ workers: 1, isolation: 'frozen' });
beforeAll(() => pool.start());
afterAll(() => pool.stop(0));

const bombs = [...stringBombs, ...arrayBombs, ...mapBombs, ...bufferBombs];

describe('A script that fills its memory slowly', () => {
  it.each(bombs.filter(({ expect: end }) => end === memoryOrTime))(
    'is stopped for its memory where it has time enough: $name',
    async ({ source }) => {
      const { verdict } = await pool.run(scriptRequest(source, { limits: { runningMs: RUNNING_MS } }));
      expect(verdict).toMatchObject({ kind: 'limit', limit: 'memory' });
    },
  );
});
