import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadTool } from '../load/load.ts';
import { countsOf } from '../options.ts';
import type { Options } from '../options.ts';
import type { Row } from '../servers/server.ts';
import { drain, load, measure, newSubject, probe, untilIdle } from './measure.ts';
import type { Sample, Subject } from './measure.ts';

/** One row's life in one round. */
interface Life {
  round: number;
  row: string;
  readyMs: number;
  rssReadyBytes: number;
  rssPeakBytes: number;
  processes: number;
  note: string | undefined;
}

/** Everything a run found out. */
export interface Findings {
  samples: Sample[];
  lives: Life[];
  /** Row → why it was not run. */
  notRun: Map<string, string>;
  failures: string[];
}

interface Setting {
  options: Options;
  tool: LoadTool;
  /** For everything that is written. */
  folder: string;
  say(text: string): void;
  /** Called at the end of each round: the next one gets database servers of its own. */
  endDatabaseServers(): Promise<void>;
}

const warmUpConnections = 50;

/** All rounds: each starts every row anew, measures them in rotating order, checks and ends them. */
export async function runRounds(rows: Row[], setting: Setting): Promise<Findings> {
  const findings: Findings = { samples: [], lives: [], notRun: new Map(), failures: [] };
  for (const row of rows) {
    const obstacle = row.obstacle();
    if (obstacle !== undefined) findings.notRun.set(row.name, obstacle);
  }
  for (let round = 0; round < setting.options.rounds; round += 1) {
    const folder = join(setting.folder, `round-${round}`);
    mkdirSync(folder, { recursive: true });
    await runRound(rows, round, { ...setting, folder }, findings);
    rmSync(folder, { recursive: true, force: true });
  }
  return findings;
}

/** A round on its way. */
interface Round {
  number: number;
  setting: Setting;
  findings: Findings;
  /** Those that are up, of both parts. */
  subjects: Subject[];
  lives: Map<string, Life>;
}

/**
 * Rows whose records lie on a database server come last, and it is not up before: it and what asks it work when they
 * are idle, too, and would do so beside all others.
 */
async function runRound(rows: Row[], number: number, setting: Setting, findings: Findings): Promise<void> {
  const round: Round = { number, setting, findings, subjects: [], lives: new Map() };
  const { subjects, lives } = round;
  try {
    for (const isOnServer of [false, true]) {
      const part = rows.filter(({ hasDatabaseServer = false }) => hasDatabaseServer === isOnServer);
      await measureAll(round, await startAll(round, part));
    }
    await finishAll(subjects, lives, findings);
  } finally {
    for (const subject of subjects) await attempt(subject, findings, () => subject.server.stop());
    findings.lives.push(...lives.values());
    await setting.endDatabaseServers();
  }
}

async function startAll(
  { number, setting, findings, subjects, lives }: Round,
  rows: Row[],
): Promise<Subject[]> {
  const { options, tool, say } = setting;
  const started: Subject[] = [];
  for (const row of rotate(rows, number)) {
    if (findings.notRun.has(row.name)) continue;
    say(`round ${number + 1}/${options.rounds}: starting ${row.name}`);
    const subject = await startSubject(row, setting, findings);
    if (subject === undefined) continue;
    subjects.push(subject);
    started.push(subject);
    lives.set(row.name, newLife(number, subject));
    await attempt(subject, findings, async () => {
      await load(subject, tool, { connections: warmUpConnections, seconds: options.warmUpSeconds });
      await untilIdle(subject);
    });
  }
  return started;
}

async function measureAll({ number, setting, findings, subjects }: Round, started: Subject[]): Promise<void> {
  const { options, tool, say } = setting;
  for (const [turn, connections] of rotate(options.connections, number).entries()) {
    for (const subject of rotate(started, number + turn)) {
      if (!subject.connections.includes(connections)) continue;
      await attempt(subject, findings, async () => {
        await load(subject, tool, { connections, seconds: 1 });
        await drain(subject);
        const others = subjects.filter((other) => other !== subject);
        const plan = { round: number, connections, seconds: options.seconds };
        const sample = await measure(subject, others, tool, plan);
        findings.samples.push(sample);
        await untilIdle(subject);
        say(`  ${lineOf(sample)}`);
      });
    }
  }
}

/** What fails at one row is a failure in the report; the others go on. */
async function attempt({ row }: Subject, findings: Findings, work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => findings.failures.push(`${row}: ${messageOf(error)}`));
}

async function startSubject(row: Row, setting: Setting, findings: Findings): Promise<Subject | undefined> {
  const { folder, options, say } = setting;
  try {
    const server = await row.start(join(folder, row.name));
    const subject = newSubject(row.name, server, countsOf(row, options));
    await probe(subject).catch(async (error: unknown) => {
      await server.stop();
      throw error;
    });
    return subject;
  } catch (error) {
    const reason = messageOf(error);
    say(`${row.name}: not run: ${reason}`);
    findings.notRun.set(row.name, reason);
    return undefined;
  }
}

function lineOf({ row, connections, callsPerSecond, p99Ms, wrong, drainSeconds }: Sample): string {
  const rest = drainSeconds === undefined ? '' : `, all ended after ${drainSeconds.toFixed(1)} s`;
  return `${row} × ${connections}: ${Math.round(callsPerSecond)}/s, p99 ${p99Ms} ms, ${wrong} wrong${rest}`;
}

function newLife(round: number, { row, rssReadyBytes, server: { readyMs } }: Subject): Life {
  return { round, row, readyMs, rssReadyBytes, rssPeakBytes: 0, processes: 0, note: undefined };
}

async function finishAll(subjects: Subject[], lives: Map<string, Life>, findings: Findings): Promise<void> {
  for (const subject of subjects) {
    const life = lives.get(subject.row);
    if (life === undefined) continue;
    life.rssPeakBytes = subject.rssPeakBytes;
    life.processes = subject.processesMax;
    const { row, answered, wrong, firstWrong, errors, uncounted } = subject;
    if (wrong > 0)
      findings.failures.push(`${row}: ${wrong} wrong answers, the first: ${firstWrong ?? 'unknown'}`);
    if (errors > 0) findings.failures.push(`${row}: ${errors} calls without an answer`);
    await attempt(subject, findings, async () => {
      life.note = await subject.server.finish({ atLeast: answered, atMost: answered + uncounted });
    });
  }
}

function rotate<T>(list: T[], by: number): T[] {
  const at = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
