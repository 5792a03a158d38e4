import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseUrl, execute, isPostgres } from '../../../test/support/database.ts';
import { Database, type OwnConnection } from '../db/index.ts';
import { Sealer } from '../sealing.ts';
import { CLAIM_PROLOGUE, JobClaims, LANES, TAKE_OF_GROUPS, TAKE_OF_LANES } from './job-claims.ts';

const LANES_COUNT = 1_000;
const ME = 'process 1';
/** One lane with a hundred thousand jobs and a thousand with a few, and so in groups: one of them in one group, one in as many. */
const fill = `
  INSERT INTO queue_jobs (id, kind, lane, group_key, run_at, attempt, data)
    SELECT 'a' || n, 'k', 'huge', NULL, n, 1, '' FROM generate_series(1, 100000) AS n
    UNION ALL SELECT 'b' || n, 'k', 'lane ' || n % ${LANES_COUNT}, NULL, n, 1, '' FROM generate_series(1, 3000) AS n
    UNION ALL SELECT 'c' || n, 'k', 'one group', 'g', n, 1, '' FROM generate_series(1, 50000) AS n
    UNION ALL SELECT 'd' || n, 'k', 'many groups', 'g' || n, n, 1, '' FROM generate_series(1, 50000) AS n
    UNION ALL SELECT 'e' || n, 'k', 'lane ' || n % ${LANES_COUNT}, 'g' || n % 7, n, 1, ''
      FROM generate_series(1, 3000) AS n;`;

let folder: string;
let database: Database;
let connection: OwnConnection;

beforeAll(async () => {
  if (!isPostgres) return;
  folder = mkdtempSync(join(tmpdir(), 'claims-'));
  database = await Database.open(await databaseUrl(folder), [], new Sealer(randomBytes(32)));
  connection = database.ownConnection({ prologue: CLAIM_PROLOGUE, statementMsMax: 20_000 });
  await execute(
    folder,
    `INSERT INTO processes (id, roles, presence, started_at, beat_at) VALUES ('${ME}', 'worker', 0, now(), now())`,
  );
});

afterAll(async () => {
  if (!isPostgres) return;
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Node[];
}

const prepare = `
  PREPARE of_lanes (text, bigint, text[], text[], int[]) AS ${TAKE_OF_LANES};
  PREPARE of_groups (text, bigint, text[], text[], int[], text[]) AS ${TAKE_OF_GROUPS};
  PREPARE lanes (bigint) AS ${LANES};`;
/** Has PostgreSQL make the plan that it keeps. */
const useOnce = `
  EXECUTE of_lanes ('', 0, '{}', '{a}', '{1}');
  EXECUTE of_groups ('', 0, '{}', '{a}', '{1}', '{""}');
  EXECUTE lanes (0);`;

/** The scans of tables with which a prepared statement is carried out; it is undone. */
async function scansOf(statement: string, values: readonly (string | number | readonly unknown[])[]) {
  const literals = values.map(
    (value) => `'${Array.isArray(value) ? `{"${value.join('","')}"}` : String(value)}'`,
  );
  await connection.query('BEGIN');
  const { rows } = await connection
    .query<{ 'QUERY PLAN': [{ Plan: Node }] }>(
      `EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) EXECUTE ${statement} (${literals.join(',')})`,
    )
    .finally(() => connection.query('ROLLBACK'));
  const nodes: Node[] = [];
  const walk = (node: Node) => {
    nodes.push(node);
    for (const inner of node.Plans ?? []) walk(inner);
  };
  walk(rows[0]!['QUERY PLAN'][0].Plan);
  return nodes
    .filter((node) => node['Relation Name'] !== undefined && !/^(Update|ModifyTable)/.test(node['Node Type']))
    .map((node) => ({
      kind: node['Node Type'],
      index: node['Index Name'],
      read: (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
    }));
}

const now = Date.now();
const lanes = Array.from({ length: 64 }, (_, n) => `lane ${n}`);
const ones = lanes.map(() => 1);
const starts = lanes.map(() => '');

/** PostgreSQL plans by what it has counted, which it does about once a minute. */
const states = {
  'that came before anything was counted': ['TRUNCATE queue_jobs', fill],
  'that were counted': [fill, 'ANALYZE queue_jobs'],
  'that came after the empty table was counted': ['ANALYZE queue_jobs', fill],
} as const;

describe.runIf(isPostgres).each(Object.entries(states))(
  '200,000 jobs of 1,000 lanes %s',
  (_state, [before, after]) => {
    beforeAll(async () => {
      await connection.query(`TRUNCATE queue_jobs; DEALLOCATE ALL; ${prepare}`);
      await execute(folder, before);
      await connection.query(useOnce);
      await execute(folder, after);
    });

    it.each([
      ['of the largest lane', 'of_lanes', [['huge'], [32]]],
      ['of many lanes', 'of_lanes', [lanes, ones]],
      ['of a lane with one group', 'of_groups', [['one group'], [32], ['']]],
      ['of a lane with as many groups as jobs', 'of_groups', [['many groups'], [32], ['']]],
      ['of groups of many lanes', 'of_groups', [lanes, ones, starts]],
    ])('are taken by indexes, %s, of a few rows', async (_name, text, looks) => {
      const scans = await scansOf(text, [ME, now, ['no other'], ...looks]);
      expect(scans.length).toBeGreaterThan(1);
      for (const { kind, index, read } of scans) {
        expect([kind, index]).toEqual([
          expect.stringMatching(/^Index (Only )?Scan$/),
          expect.stringMatching(
            /^(queue_jobs_(pkey|free_of_lanes|of_groups|held_of_groups)|processes_pkey)$/,
          ),
        ]);
        expect(read).toBeLessThanOrEqual(1_000);
      }
    });

    it('are found by steps from one lane to the next', async () => {
      const scans = await scansOf('lanes', [now]);
      for (const { kind, index, read } of scans) {
        expect([kind, index]).toEqual([
          expect.stringMatching(/^Index (Only )?Scan$/),
          expect.stringMatching(/^queue_jobs_(free_of_lanes|of_groups)$/),
        ]);
        expect(read).toBeLessThanOrEqual(LANES_COUNT + 3);
      }
    });
  },
);

describe.runIf(isPostgres)('of many jobs', () => {
  it('those are taken that have been due longest, of a group the first, each for as many as were asked', async () => {
    const claims = new JobClaims(connection);
    const claimant = { id: ME, now, notAgain: ['a2'] };
    const plain = { inGroups: false, start: '' };
    const grouped = { inGroups: true, start: '' };
    const { jobs, findings } = await claims.take(claimant, [
      { ...plain, lane: 'huge', quota: 3 },
      { ...plain, lane: 'lane 1', quota: 9 },
      { ...grouped, lane: 'one group', quota: 3 },
      { ...grouped, lane: 'many groups', quota: 2 },
    ]);
    expect(jobs.map(({ id }) => id).toSorted()).toEqual(
      ['a1', 'a3', 'a4', 'b1', 'b1001', 'b2001', 'c1', 'd1', 'd10'].toSorted(),
    );
    expect(jobs[0]).toMatchObject({ kind: 'k', attempt: 1, hold: { holder: ME, claim: 1 } });
    expect(findings.map(({ look, finding }) => [look.lane, finding.isThrough])).toEqual([
      ['huge', false],
      ['lane 1', true],
      ['one group', true],
      ['many groups', false],
    ]);
    // The next of the one group has to wait; the many go on where they were.
    const { nextStart } = findings[3]!.finding;
    const further = await claims.take(claimant, [
      { ...grouped, lane: 'one group', quota: 3 },
      { ...grouped, lane: 'many groups', quota: 2, start: nextStart },
    ]);
    expect(further.jobs.map(({ id }) => id).toSorted()).toEqual(['d100', 'd1000']);
  });

  it('nothing is taken by a process that was taken for dead', async () => {
    const claims = new JobClaims(connection);
    const look = { lane: 'huge', inGroups: false, start: '', quota: 5 };
    expect((await claims.take({ id: 'nobody', now, notAgain: [] }, [look])).jobs).toEqual([]);
  });
});
