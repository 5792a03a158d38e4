import type { OwnConnection } from '../db/index.ts';
import type { LaneFinding, LaneLook } from './lanes-in-turn.ts';
import type { Job } from './queue.ts';

/** Groups that one look goes through beyond those that give a job: whatever is in the way, a look takes a few ms. */
const GROUPS_BEYOND = 8;
/** What a look for a job in groups may take for each that it wants. */
const GROUPS_PER_JOB = 2;
/** Follows each text and comes before all others that do: no text has a NUL. */
const NEXT = '\u0001';
/** Two processes have taken jobs of the same group at the same moment, and this one gave way. */
const GAVE_WAY = '23505';
const TRIES_MAX = 3;

/** Begins a connection that takes jobs. */
export const CLAIM_PROLOGUE = [
  // What a crash of the database forgets of this is free again; nothing is answered on the strength of it.
  'SET synchronous_commit = off',
  // The table is empty at one moment and has 100,000 rows at the next. A plan that was made for an empty one reads all
  // of them for each job, which takes seconds; making one takes less than a millisecond.
  'SET plan_cache_mode = force_custom_plan',
  'SET enable_seqscan = off',
  'SET enable_bitmapscan = off',
  'SET enable_hashjoin = off',
  'SET enable_mergejoin = off',
  'SET jit = off',
];

const columns = `queue_jobs.id, queue_jobs.kind, queue_jobs.lane, queue_jobs.group_key AS "group",
  queue_jobs.run_at AS "runAt", queue_jobs.attempt, queue_jobs.data, queue_jobs.claim`;
/** $1 the process, $2 now, $3 what not to take. A process that was taken for dead takes nothing. */
const take = `UPDATE queue_jobs SET holder = $1, claim = queue_jobs.claim + 1 FROM chosen
  WHERE queue_jobs.id = chosen.id AND EXISTS (SELECT 1 FROM processes WHERE processes.id = $1)
  RETURNING ${columns}`;

/** Of each lane what has been due longest and nobody takes at this moment. $4 lanes, $5 quotas. */
export const TAKE_OF_LANES = `WITH wanted AS (SELECT * FROM unnest($4::text[], $5::int[]) AS wanted (lane, quota)),
chosen AS MATERIALIZED (
  SELECT free.id FROM wanted CROSS JOIN LATERAL (
    SELECT id FROM queue_jobs WHERE queue_jobs.lane = wanted.lane AND holder IS NULL AND group_key IS NULL
      AND run_at <= $2 AND id <> ALL ($3::text[])
    ORDER BY run_at, id LIMIT wanted.quota FOR UPDATE SKIP LOCKED
  ) AS free
)
${take}`;

/**
 * Of each lane the first jobs of groups of which none is held, group after group from $6 on. The index steps from one
 * group to the next, however many jobs they have; that no two processes hold jobs of one group is the other index's
 * doing, since neither sees here what the other does at the same moment.
 */
export const TAKE_OF_GROUPS = `WITH wanted AS (
  SELECT * FROM unnest($4::text[], $5::int[], $6::text[]) AS wanted (lane, quota, start)
),
looked AS MATERIALIZED (
  SELECT wanted.lane, quota, head.* FROM wanted CROSS JOIN LATERAL (
    WITH RECURSIVE head AS (
      (SELECT group_key, id, holder, run_at, 1 AS place FROM queue_jobs
        WHERE queue_jobs.lane = wanted.lane AND group_key >= wanted.start ORDER BY group_key, id LIMIT 1)
      UNION ALL
      SELECT next.*, place + 1 FROM head CROSS JOIN LATERAL (
        SELECT group_key, id, holder, run_at FROM queue_jobs
        WHERE queue_jobs.lane = wanted.lane AND group_key > head.group_key ORDER BY group_key, id LIMIT 1
      ) AS next
      WHERE place < wanted.quota * ${GROUPS_PER_JOB} + ${GROUPS_BEYOND}
    ) SELECT * FROM head
  ) AS head
),
judged AS (
  SELECT *, count(*) FILTER (WHERE is_free) OVER (PARTITION BY lane ORDER BY place) AS tried FROM (
    SELECT looked.*, holder IS NULL AND run_at <= $2 AND id <> ALL ($3::text[]) AND (
      SELECT queue_jobs.holder FROM queue_jobs WHERE queue_jobs.lane = looked.lane
        AND queue_jobs.group_key = looked.group_key AND queue_jobs.holder IS NOT NULL LIMIT 1
    ) IS NULL AS is_free FROM looked
  ) AS looked
),
tried AS MATERIALIZED (SELECT * FROM judged WHERE tried < quota OR tried = quota AND is_free),
chosen AS MATERIALIZED (
  SELECT free.id FROM tried CROSS JOIN LATERAL (
    SELECT id FROM queue_jobs WHERE queue_jobs.id = tried.id AND holder IS NULL AND run_at <= $2
    LIMIT 1 FOR UPDATE SKIP LOCKED
  ) AS free
  WHERE is_free
),
taken AS (${take})
SELECT taken.*, NULL::bigint AS looked, NULL::bigint AS tried FROM taken
UNION ALL
SELECT NULL, NULL, lane, max(group_key), NULL, NULL, NULL, NULL, count(*), max(tried) FROM tried GROUP BY lane`;

/** Lanes with free jobs and when the first of each is due; those with groups in any case. */
export const LANES = `WITH RECURSIVE plain AS (
  (SELECT lane, run_at FROM queue_jobs WHERE holder IS NULL AND group_key IS NULL ORDER BY lane, run_at LIMIT 1)
  UNION ALL
  SELECT next.* FROM plain CROSS JOIN LATERAL (
    SELECT lane, run_at FROM queue_jobs WHERE holder IS NULL AND group_key IS NULL AND queue_jobs.lane > plain.lane
    ORDER BY lane, run_at LIMIT 1
  ) AS next
),
grouped AS (
  (SELECT lane FROM queue_jobs WHERE group_key IS NOT NULL ORDER BY lane LIMIT 1)
  UNION ALL
  SELECT next.* FROM grouped CROSS JOIN LATERAL (
    SELECT lane FROM queue_jobs WHERE group_key IS NOT NULL AND queue_jobs.lane > grouped.lane ORDER BY lane LIMIT 1
  ) AS next
)
SELECT lane, false AS "inGroups" FROM plain WHERE run_at <= $1
UNION ALL
SELECT lane, true FROM grouped`;
const FIRST_FREE = `SELECT min(run_at) AS "runAt" FROM queue_jobs WHERE holder IS NULL`;
const NEXT_FREE = `${FIRST_FREE} AND run_at > $1`;

/** Nobody has done anything of them: the next to take them is the first one still. $1 the process, $2 jobs. */
const GIVE_BACK = `UPDATE queue_jobs SET holder = NULL, claim = claim - 1
  WHERE holder = $1 AND id = ANY ($2::text[])`;
/** What was begun outside the queue may be on its way here. $1 the process, $2 jobs that it has at hand. */
const GIVE_UP_OTHERS = `UPDATE queue_jobs SET holder = NULL
  WHERE holder = $1 AND claim > 0 AND id <> ALL ($2::text[])`;
const GIVE_UP = `UPDATE queue_jobs SET holder = NULL WHERE holder = $1 AND id = ANY ($2::text[])`;

/** Who looks for jobs, and when. */
export interface Claimant {
  id: string;
  now: number;
  /** What it has at hand and holds no more: others may have it, this process not twice. */
  notAgain: readonly string[];
}

/** Jobs that were taken, and how far the look for them has come in each lane. */
export interface Claims {
  jobs: Job[];
  findings: { look: LaneLook; finding: LaneFinding }[];
}

interface Row {
  id: string | null;
  lane: string;
  group: string | null;
  runAt: string;
  attempt: number;
  claim: number;
  looked: string | null;
  tried: string | null;
}

/** Which jobs are whose, as it stands in the database. */
export class JobClaims {
  constructor(private readonly connection: OwnConnection) {}

  /** Takes jobs of these lanes that are due and free. */
  async take(claimant: Claimant, looks: readonly LaneLook[]): Promise<Claims> {
    const plain = await this.takeOfLanes(
      claimant,
      looks.filter(({ inGroups }) => !inGroups),
    );
    const grouped = await this.takeOfGroups(
      claimant,
      looks.filter(({ inGroups }) => inGroups),
    );
    return {
      jobs: [...plain.jobs, ...grouped.jobs],
      findings: [...plain.findings, ...grouped.findings],
    };
  }

  /** Lanes that have jobs to do, and when the next job becomes due that is not yet (milliseconds since 1970). */
  async look(now: number): Promise<{ lanes: Pick<LaneLook, 'lane' | 'inGroups'>[]; nextAt: number | null }> {
    const first = await this.timeOf(FIRST_FREE, [], 'first_free');
    if (first === null || first > now) return { lanes: [], nextAt: first };
    const { rows } = await this.connection.query<Pick<LaneLook, 'lane' | 'inGroups'>>(LANES, [now], 'lanes');
    return { lanes: rows, nextAt: await this.timeOf(NEXT_FREE, [now], 'next_free') };
  }

  /** Gives jobs back with which nothing was begun. */
  async giveBack(holder: string, ids: readonly string[]): Promise<void> {
    await this.connection.query(GIVE_BACK, [holder, ids], 'give_back');
  }

  /** Leaves jobs to others that are not done. */
  async giveUp(holder: string, ids: readonly string[]): Promise<void> {
    await this.connection.query(GIVE_UP, [holder, ids], 'give_up');
  }

  /** Leaves all that was taken to others but what is at hand: also what a statement took whose answer never came. */
  async giveUpAllBut(holder: string, atHand: readonly string[]): Promise<void> {
    await this.connection.query(GIVE_UP_OTHERS, [holder, atHand], 'give_up_others');
  }

  private async takeOfLanes(claimant: Claimant, looks: LaneLook[]): Promise<Claims> {
    if (looks.length === 0) return { jobs: [], findings: [] };
    const rows = await this.claim(claimant, TAKE_OF_LANES, looks, []);
    const counts = new Map<string, number>();
    for (const { lane } of rows) counts.set(lane, (counts.get(lane) ?? 0) + 1);
    const findings = looks.map((look) => ({
      look,
      finding: { isThrough: (counts.get(look.lane) ?? 0) < look.quota, nextStart: '' },
    }));
    return { jobs: rows.map((row) => jobOf(row, claimant)), findings };
  }

  private async takeOfGroups(claimant: Claimant, looks: LaneLook[]): Promise<Claims> {
    if (looks.length === 0) return { jobs: [], findings: [] };
    const starts = looks.map(({ start }) => start);
    const rows = await this.claim(claimant, TAKE_OF_GROUPS, looks, [starts]);
    const marks = new Map(rows.filter(({ id }) => id === null).map((row) => [row.lane, row]));
    const findings = looks.map((look) => ({ look, finding: findingOf(look, marks.get(look.lane)) }));
    return { jobs: rows.filter(({ id }) => id !== null).map((row) => jobOf(row, claimant)), findings };
  }

  private async claim(
    { id, now, notAgain }: Claimant,
    text: string,
    looks: readonly LaneLook[],
    further: unknown[],
  ): Promise<Row[]> {
    const lanes = looks.map(({ lane }) => lane);
    const quotas = looks.map(({ quota }) => quota);
    const values = [id, now, notAgain, lanes, quotas, ...further];
    for (let tries = 1; ; tries++) {
      try {
        return (await this.connection.query<Row>(text, values, `take_${further.length}`)).rows;
      } catch (cause) {
        if ((cause as { code?: unknown }).code !== GAVE_WAY || tries === TRIES_MAX) throw cause;
      }
    }
  }

  private async timeOf(text: string, values: unknown[], name: string): Promise<number | null> {
    const { rows } = await this.connection.query<{ runAt: string | null }>(text, values, name);
    const runAt = rows[0]?.runAt ?? null;
    return runAt === null ? null : Number(runAt);
  }
}

function findingOf({ quota }: LaneLook, mark: Row | undefined): LaneFinding {
  if (!mark) return { isThrough: true, nextStart: '' };
  const budget = quota * GROUPS_PER_JOB + GROUPS_BEYOND;
  const isThrough = Number(mark.tried) < quota && Number(mark.looked) < budget;
  return { isThrough, nextStart: `${mark.group}${NEXT}` };
}

function jobOf({ looked: _looked, tried: _tried, ...row }: Row, { id: holder }: Claimant): Job {
  const { claim, ...job } = row as Row & Job;
  return { ...job, runAt: Number(row.runAt), hold: { holder, claim } };
}
