import { countsOf } from '../options.ts';
import type { Options } from '../options.ts';
import type { Row } from '../servers/server.ts';
import type { Facts } from './facts.ts';
import type { LoadSummary, Spread, Summary, Verdict } from './summary.ts';
import { isLessBetter } from './targets.ts';

/** Everything the report shows. */
export interface Report {
  facts: Facts;
  tool: string;
  options: Options;
  rows: Row[];
  summary: Summary;
}

/** The report as Markdown. */
export function toMarkdown(report: Report): string {
  const parts = [
    heading(report),
    loadTables(report),
    drainTable(report),
    lifeTable(report),
    verdictTable(report),
    remarks(report),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function heading({ facts, tool, options, rows }: Report): string {
  return `# Speed, side by side

${facts.date}, ${facts.commit}. ${tool}; Node ${facts.node} for all; ${facts.cores} cores (${facts.cpu}), ${facts.memoryGiB} GiB, ${facts.system}; fsync ${fixed(facts.fsyncMs, 2)} ms.

One run: ${options.rounds} round${options.rounds === 1 ? '' : 's'}, ${options.seconds} s per line after warm-up, in rotating order on loopback, all servers up and those not measured idle. 1 KiB JSON, one order in, its id and total out; status and content of every answer checked. Shown: the median of the rounds; ratios are taken within each round, with the least and the greatest. *Of plain*: of our row that does the same work without a key, a mapping, a chain or a queue, or by one process on SQLite. The load tool shares the cores with the server.${databaseRemark(rows)}${options.isFull ? '' : '\n\n**A shortened run: good for seeing that it works, not for its figures.**'}`;
}

function databaseRemark(rows: Row[]): string {
  if (!rows.some(({ hasDatabaseServer }) => hasDatabaseServer === true)) return '';
  return ' So does PostgreSQL: it is up only while rows on it are measured, last in each round; its CPU is in CPU per call of the rows on it, its memory is in none. Where two Signalboxes share one database, each gets half of the connections; CPU and memory are of both.';
}

function titleOf(rows: Row[], name: string): string {
  return rows.find((row) => row.name === name)?.title ?? name;
}

function loadTables({ options, rows, summary }: Report): string {
  const head = [
    '',
    'calls/s',
    'of Fastify',
    'of Node-RED',
    'of plain',
    'p50 ms',
    'p99 ms',
    'CPU µs/call',
    'wrong',
  ];
  const line = (load: LoadSummary): string[] => [
    titleOf(rows, load.row),
    String(Math.round(load.callsPerSecond.median)),
    load.row === 'fastify' ? '1' : ranged(load.ofFastify),
    load.row === 'node-red' ? '1' : ranged(load.ofNodeRed),
    ranged(load.ofPlain),
    fixed(load.p50Ms.median, 2),
    fixed(load.p99Ms.median, 2),
    load.cpuMicrosPerCall === undefined ? '–' : fixed(load.cpuMicrosPerCall.median, 0),
    String(load.wrong + load.errors),
  ];
  const notRun = (count: number): string[][] =>
    rows
      .filter(({ name }) => summary.notRun.some(({ row }) => row === name))
      .filter((row) => countsOf(row, options).includes(count))
      .map(({ title }) => [title, 'not run', ...head.slice(2).map(() => '–')]);
  return options.connections
    .filter((count) => summary.loads.some((load) => load.connections === count))
    .map((count) => {
      const loads = summary.loads.filter((load) => load.connections === count);
      return `## ${count} connection${count === 1 ? '' : 's'}\n\n${table(head, [...loads.map(line), ...notRun(count)])}`;
    })
    .join('\n\n');
}

function drainTable({ rows, summary }: Report): string {
  const lines = summary.loads.flatMap((load) =>
    load.drainSeconds === undefined
      ? []
      : [
          [
            titleOf(rows, load.row),
            String(load.connections),
            fixed(load.callsPerSecond.median, 0),
            ranged(load.drainSeconds, 1),
            ranged(load.endedPerSecond, 0),
          ],
        ],
  );
  if (lines.length === 0) return '';
  const head = ['', 'connections', 'accepted/s', 'all had ended after s', 'run/s from first to last'];
  return `## Accepted and run afterwards\n\nSeconds are from the load's end until the last accepted call had ended.\n\n${table(head, lines)}`;
}

function lifeTable({ rows, summary }: Report): string {
  const lines = summary.lives.map((life) => [
    titleOf(rows, life.row),
    String(Math.round(life.readyMs.median)),
    String(Math.round(life.rssReadyMiB.median)),
    String(Math.round(life.rssPeakMiB.median)),
    String(life.processes),
  ]);
  const head = ['', 'ready after ms', 'RSS then, MiB', 'peak RSS, MiB', 'processes'];
  return `## Start and memory\n\nOf the whole process tree; shared pages count in each process.\n\n${table(head, lines)}`;
}

function verdictTable({ summary }: Report): string {
  if (summary.verdicts.length === 0) return '';
  const lines = summary.verdicts.map((verdict) => [
    verdict.target.what,
    ranged(verdict.value, verdict.value.median >= 10 ? 0 : 2),
    limit(verdict, verdict.target.floor, verdict.isFloorMet),
    limit(verdict, verdict.target.goal, verdict.isGoalMet),
  ]);
  return `## Floors and goals\n\n${table(['', 'measured', 'floor', 'goal'], lines)}`;
}

function limit({ target }: Verdict, value: number | undefined, isMet: boolean | undefined): string {
  if (value === undefined) return '–';
  return `${isLessBetter(target) ? '≤' : '≥'} ${value}: ${isMet === true ? 'met' : '**not met**'}`;
}

function remarks({ rows, summary }: Report): string {
  const busiest = (pick: (load: LoadSummary) => Spread | undefined): string =>
    fixed(Math.max(0, ...summary.loads.map((load) => pick(load)?.max ?? 0)), 2);
  const lines = [
    `- The load tool took at most ${busiest((load) => load.toolCores)} of a core, the idle servers together at most ${busiest((load) => load.othersCores)}.`,
    ...summary.lives.flatMap(({ row, notes }) => notes.map((note) => `- ${titleOf(rows, row)}: ${note}.`)),
    ...summary.notRun.map(
      ({ row, reason }) => `- ${titleOf(rows, row)}: not run, ${reason.split('\n')[0] ?? ''}.`,
    ),
    ...summary.failures.map((failure) => `- **Failed**: ${failure.split('\n')[0] ?? ''}`),
  ];
  return `## Remarks\n\n${lines.join('\n')}`;
}

function table(head: string[], lines: string[][]): string {
  const ruler = head.map((_, index) => (index === 0 ? '---' : '---:'));
  return [head, ruler, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function ranged(value: Spread | undefined, digits = 2): string {
  if (value === undefined) return '–';
  return `${fixed(value.median, digits)} (${fixed(value.min, digits)}–${fixed(value.max, digits)})`;
}

function fixed(value: number, digits: number): string {
  return value.toFixed(digits);
}
