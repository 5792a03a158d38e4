import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Sealer } from '../sealing.ts';
import { PostgresDialect } from './dialect-postgres.ts';
import type { PostgresWriter } from './postgres-writer.ts';

const lost = Object.assign(new Error('Connection terminated unexpectedly'), { code: '57P02' });

/** A transaction with the number 7 whose COMMIT is not answered; afterwards the database says this of it. */
async function commitInDoubt({ status, mark }: { status: string | Error; mark: string }): Promise<void> {
  const writer = {
    ask: async (statement: string) => {
      if (statement.startsWith('BEGIN')) return '7';
      if (statement.includes('FROM commit_marks')) return mark;
      if (status instanceof Error) throw status;
      return status;
    },
    query: () => Promise.reject(lost),
    mended: () => undefined,
    broke: () => undefined,
  };
  const dialect = new PostgresDialect(
    writer as unknown as PostgresWriter,
    new Map(),
    new Sealer(randomBytes(32)),
  );
  await dialect.begin(true);
  await dialect.commit();
}

describe('A commit that was not answered', () => {
  it('is good when its mark is there', async () => {
    await expect(commitInDoubt({ status: 'committed', mark: '7' })).resolves.toBeUndefined();
  });

  it.each([
    ['it was rolled back', 'aborted'],
    ['another transaction has its number since the database crashed', 'committed'],
    ['the database has lost its number', Object.assign(new Error('in the future'), { code: '22023' })],
  ])('is refused when %s', async (_name, status) => {
    await expect(commitInDoubt({ status, mark: '6' })).rejects.toBe(lost);
  });
});
