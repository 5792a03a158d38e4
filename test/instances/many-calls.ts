import { setTimeout as sleep } from 'node:timers/promises';
import { rowsOf } from '../support/database.ts';
import { Cluster, isKnown } from './cluster.ts';
import { configure } from './load.ts';
import { Story } from './story.ts';

/** Until the last one has run, beside that of the calls themselves. */
const DRAIN_MS_MAX = 300_000;
const INSTANCES = 3;

/** What became of calls that were accepted in lines. */
export interface ManyCalls {
  /** What those were told that were not accepted. */
  refusals: string[];
  /** Effects that there were. */
  effects: number;
  /** Lines whose calls did not run once each, in the order in which they came. */
  outOfOrder: string[];
  /** How the executions ended. */
  executions: { status: string; n: number }[];
}

/** The answer of an instance that took a call. */
export interface Taken {
  status: number;
  text: string;
  execution: string | null;
}

/** Some instances with what is called. */
export async function startCluster(): Promise<Cluster> {
  const cluster = await Cluster.start(INSTANCES);
  await configure(cluster.first);
  for (const member of cluster.members)
    await isKnown(async () => (await member.call('kept', { id: 'known' })).status === 200);
  return cluster;
}

/** Lines of calls at once, those of one line one after the other, each at the next instance. */
export async function callInLines(cluster: Cluster, lines: number, callsOfLine: number): Promise<ManyCalls> {
  const sent = Array.from({ length: lines }, (_, line) => sendLine(cluster, line, callsOfLine));
  const refusals = (await Promise.all(sent)).flat();
  const story = new Story(cluster.first, cluster.members);
  await story.drained(DRAIN_MS_MAX);

  const events = (await story.published()).filter(({ type }) => type === 'order.lined');
  const done = new Map<string, number[]>();
  for (const { payload } of events) done.set(payload.line, [...(done.get(payload.line) ?? []), payload.n]);
  const inOrder = Array.from({ length: callsOfLine }, (_, n) => n).join();
  const outOfOrder = Array.from({ length: lines }, (_, line) => nameOf(line)).filter(
    (line) => done.get(line)?.join() !== inOrder,
  );

  const executions = await rowsOf<{ status: string; n: number }>(
    cluster.first.dataFolder,
    `SELECT status, count(*) AS n FROM executions
      WHERE config_key = 'lined' AND coalesce(code, '') NOT LIKE 'database.%' GROUP BY 1`,
  );
  // One that ran while its instance was too busy is tried again: its command was refused, and had no effect. A call that was
  // refused so is called again.
  return { refusals, effects: events.length, outOfOrder, executions };
}

function nameOf(line: number): string {
  return `line-${line}`;
}

async function sendLine(cluster: Cluster, line: number, calls: number): Promise<string[]> {
  const refusals: string[] = [];
  for (let n = 0; n < calls; n++) {
    const answer = await untilTaken(() => cluster.at(line + n).call('lined', { line: nameOf(line), n }));
    if (answer.status !== 202) refusals.push(`${answer.status} ${answer.text}`);
  }
  return refusals;
}

/** A busy instance that does not know what the others have changed, or waits too long for the database, takes nothing: whoever is told so calls again. */
export async function untilTaken(call: () => Promise<Response>): Promise<Taken> {
  for (;;) {
    const answer = await call();
    const text = await answer.text();
    if (!/"code":"database\.(cut-off|unavailable)"/.test(text))
      return { status: answer.status, text, execution: answer.headers.get('x-execution-id') };
    await sleep(200);
  }
}
