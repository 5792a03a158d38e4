import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { load, newSubject, probe, untilIdle } from '../harness/measure.ts';
import { treeUsage } from '../harness/proc-stat.ts';
import { killServers } from '../harness/server-process.ts';
import { findAutocannon } from '../load/autocannon.ts';
import type { LoadTool } from '../load/load.ts';
import { findWrk } from '../load/wrk.ts';
import { publishing, rows } from '../rows.ts';
import { endPostgres } from '../servers/postgres-server.ts';
import type { Row } from '../servers/server.ts';
import { metricOf } from '../servers/signalbox-metrics.ts';

const usage = `npm run bench:database -- [--seconds N] [--connections N] [--only A,B]
What one database takes of a call: each of our rows on PostgreSQL and the same on SQLite, one after the other, and a command that changes something.`;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    connections: { type: 'string', default: '50' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const plan = { seconds: Number(values.seconds), connections: Number(values.connections) };
const heads = [
  'a call',
  'calls/s',
  'p50 ms',
  'our CPU µs',
  'CPU µs of the database server',
  'calls a commit',
  'a commit, ms',
  'all had ended after s',
  'ended/s from first to last',
];

/** What a server's metrics say of commits so far. */
async function commitsOf(urls: readonly string[]): Promise<{ count: number; seconds: number }> {
  const sums = { count: 0, seconds: 0 };
  for (const url of urls) {
    sums.count += await metricOf(url, 'signalbox_write_commit_duration_seconds_count');
    sums.seconds += await metricOf(url, 'signalbox_write_commit_duration_seconds_sum');
  }
  return sums;
}

/** The line of one row. */
async function measure(row: Row, tool: LoadTool, folder: string): Promise<string> {
  const server = await row.start(join(folder, row.name));
  const subject = newSubject(row.name, server, [plan.connections]);
  try {
    await probe(subject);
    await load(subject, tool, { ...plan, seconds: 3 });
    await untilIdle(subject);
    const cpuMs = () => [server.pids, server.databasePids].map((pids) => treeUsage(pids).cpuMs);
    const [before, commits, begun] = [cpuMs(), await commitsOf(server.target.urls), performance.now()];
    const { result } = await load(subject, tool, plan);
    const loaded = performance.now();
    await server.settle?.();
    const ended = performance.now();
    const [after, commitsAfter] = [cpuMs(), await commitsOf(server.target.urls)];
    const { calls } = result;
    const ofCall = (at: number) => (((after[at]! - before[at]!) * 1000) / calls).toFixed(0);
    const committed = commitsAfter.count - commits.count;
    await server.finish({ atLeast: subject.answered, atMost: subject.answered + subject.uncounted });
    const cells = [
      row.title,
      Math.round(calls / result.seconds),
      result.p50Ms.toFixed(2),
      ofCall(0),
      server.databasePids.length === 0 ? '–' : ofCall(1),
      (calls / committed).toFixed(1),
      (((commitsAfter.seconds - commits.seconds) / committed) * 1000).toFixed(2),
      server.settle ? ((ended - loaded) / 1000).toFixed(1) : '–',
      server.settle ? Math.round((calls * 1000) / (ended - begun)) : '–',
    ];
    return `| ${cells.join(' | ')} |`;
  } finally {
    await server.stop();
  }
}

if (values.help) {
  process.stdout.write(`${usage}\n`);
} else {
  const folder = join(import.meta.dirname, '../.work', `database-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  process.once('exit', () => {
    killServers();
    rmSync(folder, { recursive: true, force: true });
  });
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  const onPostgres = [...rows, ...publishing].filter(({ hasDatabaseServer }) => hasDatabaseServer === true);
  const plain = new Set(onPostgres.map(({ name }) => name.replace(/-postgres.*/, '')));
  const wanted = [...rows, ...publishing].filter(
    (row) => (plain.has(row.name) || onPostgres.includes(row)) && isWanted(row, values.only),
  );
  const tool = findWrk(folder) ?? findAutocannon();
  process.stdout.write(`${tool.title}; ${plan.connections} connections, ${plan.seconds} s\n\n`);
  process.stdout.write(`| ${heads.join(' | ')} |\n|${' --- |'.repeat(heads.length)}\n`);
  try {
    for (const row of wanted) {
      const obstacle = row.obstacle();
      process.stdout.write(
        `${obstacle === undefined ? await measure(row, tool, folder) : `| ${row.title} | not run: ${obstacle} |`}\n`,
      );
    }
  } finally {
    await endPostgres();
  }
}

function isWanted({ name }: Row, only: string | undefined): boolean {
  return only === undefined || only.split(',').includes(name);
}
