import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseUrl, isPostgres } from '../../../test/support/database.ts';
import { Database } from '../../platform/db/index.ts';
import { Sealer } from '../../platform/sealing.ts';
import { statisticsRow } from './statistics-rows.ts';
import { countRows, type StatisticsFilter } from './webhook-statistics.ts';

let folder: string;
let database: Database;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'statistics-'));
  database = await Database.open(await databaseUrl(folder), [], new Sealer(randomBytes(32)));
  const rows = Array.from({ length: 400 }, (_, n) =>
    statisticsRow(
      { accountId: n % 10 === 0 ? 'elsewhere' : 'default', configId: 1 + (n % 4), key: `key-${n % 4}` },
      { status: 'succeeded', finishedAt: n * 60_000, durationMs: n },
    ),
  );
  await database.door.append(rows);
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

const everything: StatisticsFilter = {
  accountId: 'default',
  key: undefined,
  configId: undefined,
  firstMinute: 0,
  endMinute: 1_000,
  unitMinutes: 60,
};

/** As SQLite tells it. */
async function planOf(filter: Partial<StatisticsFilter>): Promise<string> {
  const [sql, values] = countRows(database.read, { ...everything, ...filter }, 100).getQueryAndParameters();
  const plan = (await database.read.query(`EXPLAIN QUERY PLAN ${sql}`, values)) as { detail: string }[];
  return plan.map(({ detail }) => detail).join('\n');
}

const sum = async (filter: Partial<StatisticsFilter>): Promise<number> => {
  const rows = await countRows(database.read, { ...everything, ...filter }, 10_000).getRawMany<{
    count: number;
  }>();
  return rows.reduce((total, { count }) => total + Number(count), 0);
};

describe('The counts of a configuration', () => {
  it.skipIf(isPostgres)(
    'are found by key and time in the index, without a look at those of others',
    async () => {
      expect(await planOf({ key: 'key-1' })).toContain(
        'SEARCH stats USING PRIMARY KEY (account_id=? AND config_key=? AND minute>? AND minute<?)',
      );
    },
  );

  it.skipIf(isPostgres)('are found for all configurations of an account from key to key', async () => {
    const plan = await planOf({});
    expect(plan).toContain(
      'SEARCH stats USING PRIMARY KEY (account_id=? AND config_key=? AND minute>? AND minute<?)',
    );
    expect(plan).toContain('SEARCH s USING PRIMARY KEY (account_id=? AND config_key>?)');
    expect(plan).not.toContain('SCAN stats');
  });

  it('are those of its key and time', async () => {
    expect(await sum({ key: 'key-1', firstMinute: 100, endMinute: 200 })).toBe(25);
  });

  it('are those of all configurations of an account where no key is named', async () => {
    expect(await sum({})).toBe(360);
    expect(await sum({ accountId: 'elsewhere' })).toBe(40);
    expect(await sum({ accountId: 'nobody' })).toBe(0);
  });

  it('are those of one configuration where its key has had several', async () => {
    expect(await sum({ key: 'key-1', configId: 2 })).toBe(100);
    expect(await sum({ key: 'key-1', configId: 3 })).toBe(0);
  });
});
