import { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { withStoredTexts } from './stored-text.ts';

/** As many statements as a server makes within seconds. */
const STATEMENTS = 20_000;

describe('A source whose texts are stored without NUL', () => {
  it('answers a statement as it did the first, however many came before', async () => {
    const source = withStoredTexts(new DataSource({ type: 'sqlite', database: ':memory:' }));
    await source.initialize();
    // Each of TypeORM's statements asks for a query runner.
    for (let n = 0; n < STATEMENTS; n += 1) source.createQueryRunner();
    expect(await source.query('SELECT ? AS text', ['a\0b'])).toEqual([{ text: 'a\uFFFDb' }]);
    await source.destroy();
  });
});
