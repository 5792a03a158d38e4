import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isPostgres, rowsOf } from '../support/database.ts';
import { payloadReader } from '../support/stored-payload.ts';
import type { LoadReport } from './load.ts';

interface ExecutionRow {
  id: string;
  key: string;
  status: string;
  code: string | null;
  answerStatus: number | null;
  answerBody: string | null;
  finishedAt: number | null;
  idempotencyKey: string | null;
}

const kindsThatMake = ['native', 'effect', 'later', 'keyed'] as const;
/** How a chain ends whose last step cannot be done. */
const CHAIN_FAILURE = 'webhook-config.not-found';

/** What lies in the data folder: read by itself, past the product, so that the product cannot gloss over it. */
export interface Aftermath {
  executions: Map<string, ExecutionRow>;
  /** The keys of the configurations that calls have made. */
  made: string[];
  /** Sentences about what must not be; none is right. */
  faults: string[];
  /** Executions that nobody has ended. */
  open: string[];
  interrupted: number;
}

/** Reads the database of a data folder and compares it with what callers were told. */
export async function aftermathOf(
  dataFolder: string,
  { noted }: Pick<LoadReport, 'noted'>,
): Promise<Aftermath> {
  const stored = await rowsOf<ExecutionRow & { payload: string }>(
    dataFolder,
    `SELECT id, config_key AS key, status, code, answer_status AS "answerStatus", finished_at AS "finishedAt",
      idempotency_key AS "idempotencyKey", payload FROM executions ORDER BY id`,
  );
  const payloadOf = await payloadReader(dataFolder);
  const rows = stored.map(({ payload, ...row }) => ({
    ...row,
    answerBody: payloadOf(payload).answerBody ?? null,
  }));
  const executions = new Map(rows.map((row) => [row.id, row]));
  const faults = [
    ...notedFaults(executions, noted),
    ...(await nativeFaults(dataFolder, rows)),
    ...(await effectFaults(dataFolder)),
    ...onceFaults(rows),
    ...(await chainFaults(dataFolder, rows)),
    ...orderFaults(rows),
    ...(await statisticsFaults(dataFolder)),
    ...(await integrityFaults(dataFolder)),
  ];
  return {
    executions,
    open: await openOnes(dataFolder),
    made: await madeKeys(dataFolder),
    faults,
    interrupted: rows.filter((row) => row.code === 'execution.interrupted').length,
  };
}

function notedFaults(executions: ReadonlyMap<string, ExecutionRow>, noted: LoadReport['noted']): string[] {
  const faults: string[] = [];
  for (const { executionId, status, body } of noted) {
    const row = executions.get(executionId);
    if (!row) faults.push(`${executionId} was acknowledged and is not stored`);
    // Accepted: whether it is done by now is told by `open`.
    else if (status === 202 && ['received', 'running'].includes(row.status)) continue;
    else if (row.key === 'chain') continue;
    else if (row.status !== 'succeeded' || row.answerStatus !== 200)
      faults.push(`${executionId} was acknowledged and is ${row.status}, code ${row.code}`);
    else if (status === 200 && body !== null && row.answerBody !== body)
      faults.push(`${executionId} was answered with ${body} and holds ${row.answerBody}`);
  }
  return faults;
}

async function openOnes(dataFolder: string): Promise<string[]> {
  const rows = await rowsOf<Pick<ExecutionRow, 'id' | 'key' | 'status'>>(
    dataFolder,
    `SELECT id, config_key AS key, status FROM executions WHERE status IN ('received', 'running') ORDER BY id`,
  );
  return rows.map(({ id, key, status }) => `${id} of ${key} is left ${status}`);
}

/** On PostgreSQL another process takes over what a dead one held once its lease of 20 s is over. */
const OPEN_MS_MAX = isPostgres ? 40_000 : 10_000;

/** Waits until every execution has ended, in a server that runs. @returns those that have not. */
export async function openExecutions(dataFolder: string, msMax = OPEN_MS_MAX): Promise<string[]> {
  const deadline = Date.now() + msMax;
  let open = await openOnes(dataFolder);
  while (open.length > 0 && Date.now() < deadline) {
    await sleep(100);
    open = await openOnes(dataFolder);
  }
  return open;
}

/** A command of type 0 and its execution are one commit: as many of the one as of the other, and the same ones. */
async function nativeFaults(dataFolder: string, rows: readonly ExecutionRow[]): Promise<string[]> {
  const recorded = new Set(
    rows
      .filter(({ key, status }) => key === 'native' && status === 'succeeded')
      .map(({ answerBody }) => (JSON.parse(answerBody ?? '{}') as { data: { key: string } }).data.key),
  );
  const made = new Set(await keysOf(dataFolder, 'native-'));
  return [
    ...[...made].filter((key) => !recorded.has(key)).map((key) => `${key} was made without its execution`),
    ...[...recorded].filter((key) => !made.has(key)).map((key) => `${key} is recorded and was not made`),
  ];
}

/** What a script has done is never without the trace of its execution. */
async function effectFaults(dataFolder: string): Promise<string[]> {
  const untraced = await rowsOf<{ id: string }>(
    dataFolder,
    `SELECT execution_id AS id FROM audit_log
     WHERE outcome = 'succeeded' AND execution_id IS NOT NULL AND execution_id NOT IN (SELECT id FROM executions)`,
  );
  const [audited] = await rowsOf<{ n: number }>(
    dataFolder,
    `SELECT count(*) AS n FROM audit_log WHERE outcome = 'succeeded'
     AND execution_id IN (SELECT id FROM executions WHERE config_key <> 'chain')`,
  );
  const made = (await madeKeys(dataFolder)).length;
  const faults = untraced.map(({ id }) => `${id} had an effect and left no execution`);
  if (audited!.n !== made)
    faults.push(`${made} configurations were made by calls and ${audited!.n} are audited`);
  return faults;
}

/** A command that has a record is not run again, and of all calls with a key one counts. */
function onceFaults(rows: readonly ExecutionRow[]): string[] {
  const done = rows.filter(({ key, status }) => ['later', 'keyed'].includes(key) && status === 'succeeded');
  const twice = done.filter(({ answerBody }) => answerBody?.includes('"made":true') !== true);
  const byKey = Map.groupBy(
    rows.filter(({ idempotencyKey }) => idempotencyKey !== null),
    ({ idempotencyKey }) => idempotencyKey,
  );
  return [
    ...twice.map(({ id, key, answerBody }) => `${id} of ${key} found its own effect: ${answerBody}`),
    ...[...byKey]
      .filter(([, executions]) => executions.length > 1)
      .map(([key, executions]) => `${key} has ${executions.length} executions`),
  ];
}

/** What a chain made it has undone, once, and it tells why it stopped. */
async function chainFaults(dataFolder: string, rows: readonly ExecutionRow[]): Promise<string[]> {
  const ended = rows.filter(({ key, finishedAt }) => key === 'chain' && finishedAt !== null);
  const done = await countsIn(
    dataFolder,
    `SELECT execution_id || ' ' || command AS what, count(*) AS n FROM audit_log
     WHERE execution_id IN (SELECT id FROM executions WHERE config_key = 'chain') AND outcome = 'succeeded' GROUP BY 1`,
  );
  return [
    ...ended
      .filter(({ status, code }) => status !== 'failed' || code !== CHAIN_FAILURE)
      .map(({ id, status, code }) => `${id} of chain ended ${status}, code ${code}`),
    ...ended.flatMap(({ id }) =>
      ['CreateWebHookConfigCommand', 'DeleteWebHookConfigCommand']
        .filter((command) => done.get(`${id} ${command}`) !== 1)
        .map((command) => `${id} of chain has done ${command} ${done.get(`${id} ${command}`) ?? 0} times`),
    ),
  ];
}

/** Calls of one ordering key have ended in the order in which they came. */
function orderFaults(rows: readonly ExecutionRow[]): string[] {
  const ended = rows.filter(({ key, status }) => key === 'ordered' && status === 'succeeded');
  const laneOf = (row: ExecutionRow) =>
    (JSON.parse(row.answerBody ?? '{}') as { data: { lane: string } }).data.lane;
  return [...Map.groupBy(ended, laneOf)].flatMap(([lane, inOrder]) =>
    inOrder
      .filter((row, at) => at > 0 && row.finishedAt! < inOrder[at - 1]!.finishedAt!)
      .map(({ id }) => `${id} of ${lane} ended before the one that came before it`),
  );
}

/** What has ended is counted in the commit that ended it, as often; each attempt of one with a key is an end by itself. */
async function statisticsFaults(dataFolder: string): Promise<string[]> {
  const ended = await countsIn(
    dataFolder,
    `SELECT config_key || ' ' || config_id || ' ' || (finished_at / 60000) || ' ' || status AS what, count(*) AS n
     FROM executions WHERE finished_at IS NOT NULL AND idempotency_key IS NULL GROUP BY 1`,
  );
  const counted = await countsIn(
    dataFolder,
    `SELECT config_key || ' ' || config_id || ' ' || minute || ' ' || status AS what, sum(count) AS n
     FROM webhook_stats WHERE config_key <> 'keyed' GROUP BY 1`,
  );
  return [...new Set([...ended.keys(), ...counted.keys()])]
    .filter((what) => ended.get(what) !== counted.get(what))
    .map((what) => `${what}: ${ended.get(what) ?? 0} have ended and ${counted.get(what) ?? 0} are counted`);
}

async function countsIn(dataFolder: string, query: string): Promise<Map<string, number>> {
  const rows = await rowsOf<{ what: string; n: number }>(dataFolder, query);
  return new Map(rows.map(({ what, n }) => [what, n]));
}

async function madeKeys(dataFolder: string): Promise<string[]> {
  return (await Promise.all(kindsThatMake.map((kind) => keysOf(dataFolder, `${kind}-`)))).flat();
}

async function keysOf(dataFolder: string, prefix: string): Promise<string[]> {
  const query = 'SELECT config_key AS key FROM webhook_configs WHERE config_key LIKE ?';
  const rows = await rowsOf<{ key: string }>(dataFolder, query, [`${prefix}%`]);
  return rows.map(({ key }) => key);
}

async function integrityFaults(dataFolder: string): Promise<string[]> {
  // Its files are written by its own processes, which our end does not touch.
  if (isPostgres) return [];
  const rows = await rowsOf<{ integrity_check: string }>(dataFolder, 'PRAGMA integrity_check');
  return rows.map((row) => row.integrity_check).filter((verdict) => verdict !== 'ok');
}

/** The processes that a process has started and that live, and theirs. */
export function descendantsOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    const pids = children === '' ? [] : children.split(' ').map(Number);
    return pids.flatMap((child) => [child, ...descendantsOf(child)]);
  } catch {
    return [];
  }
}

/** Waits until the processes are gone. @returns those that are not. */
export async function outliving(pids: readonly number[], msMax = 15_000): Promise<number[]> {
  const deadline = Date.now() + msMax;
  let left = pids.filter(isAlive);
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(20);
    left = left.filter(isAlive);
  }
  return left;
}

function isAlive(pid: number): boolean {
  try {
    // A zombie has ended; only nobody has asked for its exit code.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
