import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPostgres, rowsOf } from '../support/database.ts';
import { Cluster, isKnown } from './cluster.ts';
import { configure } from './load.ts';
import { Story } from './story.ts';

const CALLS = 10_000;
const LINES = 100;
/** Until the last one has run, beside that of the calls themselves. */
const DRAIN_MS_MAX = 300_000;

let cluster: Cluster;

beforeAll(async () => {
  if (!isPostgres) return;
  cluster = await Cluster.start(3);
  await configure(cluster.first);
  for (const member of cluster.members)
    await isKnown(async () => (await member.call('kept', { id: 'known' })).status === 200);
});
afterAll(() => cluster?.stop());

/** A busy instance that does not know what the others have changed, or waits too long for the database, takes nothing: whoever is told so calls again. */
async function untilTaken(call: () => Promise<Response>): Promise<{ status: number; text: string }> {
  for (;;) {
    const { status, text } = await call().then(async (answer) => ({
      status: answer.status,
      text: await answer.text(),
    }));
    if (!/"code":"database\.(cut-off|unavailable)"/.test(text)) return { status, text };
    await sleep(200);
  }
}

/** Sends the calls of one line one after the other, each to the next instance. @returns what those were told that were not accepted. */
async function sendLine(line: number): Promise<string[]> {
  const refusals: string[] = [];
  for (let n = 0; n < CALLS / LINES; n++) {
    const answer = await untilTaken(() => cluster.at(line + n).call('lined', { line: `line-${line}`, n }));
    if (answer.status !== 202) refusals.push(`${answer.status} ${answer.text}`);
  }
  return refusals;
}

describe.runIf(isPostgres)('Ten thousand accepted calls over three instances', () => {
  it('run once each, those of a line in the order in which they came', async () => {
    const lines = Array.from({ length: LINES }, (_, line) => sendLine(line));
    expect((await Promise.all(lines)).flat()).toEqual([]);
    const story = new Story(cluster.first, cluster.members);
    await story.drained(DRAIN_MS_MAX);

    const events = (await story.published()).filter(({ type }) => type === 'order.lined');
    const done = new Map<string, number[]>();
    for (const { payload } of events) {
      const { line, n } = payload;
      done.set(line, [...(done.get(line) ?? []), n]);
    }
    expect(events.length).toBe(CALLS);
    expect(done.size).toBe(LINES);
    const inOrder = Array.from({ length: CALLS / LINES }, (_, n) => n);
    for (const numbers of done.values()) expect(numbers).toEqual(inOrder);

    const executions = await rowsOf(
      cluster.first.dataFolder,
      `SELECT status, count(*) AS n FROM executions WHERE config_key = 'lined' AND coalesce(code, '') NOT LIKE 'database.%' GROUP BY 1`,
    );
    // One that ran while its instance was too busy is tried again: its command was refused, and had no effect. A call that was
    // refused so is called again.
    expect(executions).toEqual([{ status: 'succeeded', n: CALLS }]);
  }, 480_000);
});
