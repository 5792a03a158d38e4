import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entities } from '../../src/app.entities.ts';
import type { ExecutionFilter } from '../../src/features/executions/execution-filter.ts';
import { ExecutionFinder } from '../../src/features/executions/execution-finder.ts';
import { Database, rawQuery } from '../../src/platform/db/index.ts';
import { Sealer } from '../../src/platform/sealing.ts';
import { databaseUrl, isPostgres } from '../support/database.ts';
import { badSteps } from '../support/postgres/plans.ts';
import { seedExecutions } from '../support/seeded-executions.ts';

/** Several times of what one page looks at. */
const ROWS = 150_000;
/** Of which each looks at 20,000. */
const PAGES = 8;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Yesterday: all within one day. */
const BEGIN = (Math.floor(Date.now() / DAY_MS) - 1) * DAY_MS;
let folder: string;
let database: Database;
let finder: ExecutionFinder;
let ids: string[];

/** What the database was asked since the last look. */
let asked: { sql: string; values: unknown[] }[] = [];

const logQuery = (sql: string, values: unknown[] = []) => asked.push({ sql, values });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plans-'));
  database = await Database.open(await databaseUrl(folder), entities, new Sealer(randomBytes(32)));
  database.read.connection.setOptions({ logging: ['query'], logger: { logQuery } as never });
  finder = new ExecutionFinder(database);
  // One in a hundred of another key, one of a status that is rare, the first alone at its path.
  const run = (sql: string, values: unknown[]) =>
    sql === 'ANALYZE'
      ? database.read.query(sql)
      : database.door.transaction((tx) => rawQuery(tx.manager, sql, values));
  ids = await seedExecutions(run, {
    rows: ROWS,
    from: BEGIN,
    to: BEGIN + DAY_MS,
    at: (n) => ({
      key: n % 100 === 0 ? 'rare' : 'busy',
      status: n === 7 ? 'dead' : 'succeeded',
      path: n === 0 ? '/api/webhooks/once' : '/api/webhooks/x',
    }),
  });
  await database.door.transaction((tx) =>
    tx.manager.query(
      `INSERT INTO webhook_config_versions (config_id, version, config_key, saved_by, saved_at, snapshot)
       VALUES (1, 1, 'busy', 'x', 0, '{}'), (2, 1, 'exe_key', 'x', 0, '{}')`,
    ),
  );
});

afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The plans of the queries on executions that a page makes. */
async function plansOf(
  filter: ExecutionFilter,
  more: { cursor?: string; isPurgeable?: boolean } = {},
): Promise<string[]> {
  asked = [];
  await finder.page({ accountId: 'default', filter, size: 20, ...more });
  const plans: string[] = [];
  for (const { sql, values } of asked.filter((query) => query.sql.includes('"executions"'))) {
    const steps: { detail: string }[] = await database.read.query(`EXPLAIN QUERY PLAN ${sql}`, values);
    plans.push(steps.map(({ detail }) => detail).join('; '));
  }
  return plans;
}

/** All pages of a filter. */
async function all(filter: ExecutionFilter, size = 100): Promise<{ ids: string[]; pages: number }> {
  const found: string[] = [];
  let cursor: string | undefined;
  for (let pages = 1; pages < 1_000; pages++) {
    const page = await finder.page({ accountId: 'default', filter, cursor, size });
    found.push(...page.rows.map((row) => row.id));
    if (page.nextCursor === null) return { ids: found, pages };
    cursor = page.nextCursor;
  }
  throw new Error('The list has no end');
}

const fields: Required<ExecutionFilter> = {
  key: 'rare',
  configId: 1,
  status: 'dead',
  from: new Date(BEGIN + 6 * HOUR_MS).toISOString(),
  to: new Date(BEGIN + 12 * HOUR_MS).toISOString(),
  search: '/api',
};
const names = Object.keys(fields) as (keyof ExecutionFilter)[];
const combinations = Array.from({ length: 2 ** names.length }, (_, bits) =>
  names.filter((_name, at) => bits & (1 << at)),
).map((chosen) => ({
  name: chosen.join(', ') || 'nothing',
  filter: Object.fromEntries(chosen.map((name) => [name, fields[name]])) as ExecutionFilter,
}));
const others = [
  { name: 'succeeded', filter: { status: 'succeeded' } },
  { name: 'running', filter: { status: 'running' } },
  { name: 'an id', filter: { search: 'exe_01' } },
  { name: 'a key that looks like an id', filter: { search: 'exe_key' } },
] as { name: string; filter: ExecutionFilter }[];

describe.skipIf(isPostgres)('The list of executions, as SQLite plans it,', () => {
  it.each([...combinations, ...others])('sorts and scans nothing, filtered by $name', async ({ filter }) => {
    for (const more of [{}, { cursor: ids.at(-5)! }, { isPurgeable: true }]) {
      const plans = await plansOf(filter, more);
      expect(plans.length).toBeGreaterThan(0);
      for (const plan of plans) expect(plan).toMatch(/^SEARCH execution USING [^;]*$/);
    }
  });

  it('finds by key in the index by key, and by what did not succeed in that of its own', async () => {
    expect(await plansOf({ key: 'rare' })).toEqual([expect.stringContaining('executions_by_key')]);
    expect(await plansOf({ status: 'dead' })).toEqual([expect.stringContaining('executions_unsuccessful')]);
  });

  it('counts what has not ended by an index that holds nothing else', async () => {
    asked = [];
    for (const filter of [{}, { key: 'rare' }, { search: '/api', status: 'running' }] as ExecutionFilter[])
      expect(await finder.unfinished({ accountId: 'default', filter })).toBe(0);
    const counts = asked.filter(({ sql }) => sql.includes('COUNT'));
    expect(counts).toHaveLength(3);
    for (const { sql, values } of counts) {
      const steps: { detail: string }[] = await database.read.query(`EXPLAIN QUERY PLAN ${sql}`, values);
      expect(steps[0]!.detail).toMatch(/executions_unfinished|executions_by_key/);
    }
  });
});

describe.runIf(isPostgres)('The list of executions, as PostgreSQL plans it,', () => {
  it.each([...combinations, ...others])('sorts and scans nothing, filtered by $name', async ({ filter }) => {
    for (const more of [{}, { cursor: ids.at(-5)! }, { isPurgeable: true }]) {
      const bad = await badStepsOf(() => finder.page({ accountId: 'default', filter, size: 20, ...more }));
      expect(bad).toEqual([]);
    }
  });

  it('counts what has not ended without reading the rest', async () => {
    for (const filter of [{}, { key: 'rare' }, { search: '/api', status: 'running' }] as ExecutionFilter[])
      expect(await badStepsOf(() => finder.unfinished({ accountId: 'default', filter }))).toEqual([]);
  });
});

/** What the plans of what is asked of executions meanwhile should not have. */
async function badStepsOf(ask: () => Promise<unknown>): Promise<string[]> {
  asked = [];
  await ask();
  const queries = asked.filter(({ sql }) => sql.includes('"executions"'));
  expect(queries.length).toBeGreaterThan(0);
  const bad: string[] = [];
  for (const { sql, values } of queries) bad.push(...(await badSteps(database, sql, values)));
  return bad;
}

describe('The list of executions', () => {
  it('finds a rare row among many at once where an index leads to it', async () => {
    expect(await all({ status: 'dead' })).toEqual({ ids: [ids[7]], pages: 1 });
    expect(await all({ search: ids[3]! })).toEqual({ ids: [ids[3]], pages: 1 });
    expect((await all({ key: 'rare' }, ROWS / 100)).pages).toBe(1);
  });

  it('looks at a part of the rows for one page where none does, and still finds each', async () => {
    expect(await all({ search: '/api/webhooks/once' })).toEqual({ ids: [ids[0]], pages: PAGES });
    expect((await all({ key: 'busy', status: 'dead' })).ids).toEqual([ids[7]]);
    expect((await all({ search: 'rare' })).ids).toEqual(ids.filter((_, n) => n % 100 === 0).toReversed());
    expect(await all({ search: 'none' })).toEqual({ ids: [], pages: PAGES });
  });
});
