import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import { databaseUrl, isPostgres } from '../support/database.ts';
import { type RunStatement, seedExecutions } from '../support/seeded-executions.ts';
import { Signalbox } from '../support/signalbox.ts';

const DAYS = 30;
const DAY_MS = 86_400_000;
const PAGE_SIZE = 20;
const statuses = ['succeeded', 'failed', 'dead', 'ignored', 'rejected'] as const;

interface Page {
  items: { id: string; key: string; status: string }[];
  nextCursor: string | null;
}

/** Every filter of the list of executions answers in time, however many there are. */
export async function prove({
  executions = 1_000_000,
  requests = 100,
  ms = 200,
}: Record<string, number> = {}) {
  const dataFolder = mkdtempSync(join(tmpdir(), 'big-list-'));
  try {
    const seededInS = await seed(dataFolder, executions);
    const signalbox = await Signalbox.start({ dataFolder });
    try {
      const figures: Record<string, string> = {};
      const slow: string[] = [];
      for (const [name, filter] of Object.entries(filters())) {
        const times = await timesOf(signalbox, filter, requests);
        const [p50, p95] = [
          times[Math.ceil(times.length / 2) - 1]!,
          times[Math.ceil(times.length * 0.95) - 1]!,
        ];
        figures[`${name}: p50, p95, ms`] = `${p50.toFixed(1)}, ${p95.toFixed(1)}`;
        if (p95 > ms) slow.push(`${name}: ${p95.toFixed(1)} ms`);
      }
      if (slow.length > 0) throw new Error(`Slower than ${ms} ms: ${slow.join(', ')}`);
      return { executions, days: DAYS, 'requests a filter': requests, 'seeded in, s': seededInS, ...figures };
    } finally {
      await signalbox.stop();
    }
  } finally {
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

/** One in a hundred of another key; one in a hundred of each status that is not `succeeded`. @returns seconds. */
async function seed(dataFolder: string, executions: number): Promise<number> {
  const began = performance.now();
  // The tables of an installation: its first start makes them.
  await (await Signalbox.start({ dataFolder })).stop();
  const database = await connected(dataFolder);
  try {
    await seedExecutions(database.run, {
      rows: executions,
      from: daysAgo(DAYS),
      to: Date.now(),
      at: (n) => ({
        key: n % 100 === 0 ? 'rare' : 'busy',
        status: statuses[n % 100] ?? 'succeeded',
        path: n % 10_000 === 0 ? '/api/webhooks/seldom' : '/api/webhooks/busy',
      }),
    });
  } finally {
    await database.close();
  }
  return Math.round((performance.now() - began) / 1000);
}

/** The database past the product. */
async function connected(dataFolder: string): Promise<{ run: RunStatement; close(): Promise<void> }> {
  if (isPostgres) {
    const client = new Client(await databaseUrl(dataFolder));
    await client.connect();
    return {
      run: (sql, values) => client.query(sql.replace('?', '$1'), values),
      close: () => client.end(),
    };
  }
  const file = new DatabaseSync(join(dataFolder, 'signalbox.db'));
  return {
    run: async (sql, values) => file.prepare(sql).run(...(values as string[])),
    close: async () => file.close(),
  };
}

function filters(): Record<string, Record<string, unknown>> {
  return {
    'no filter': {},
    key: { key: 'rare' },
    configId: { configId: 1 },
    'status succeeded': { status: 'succeeded' },
    'status dead': { status: 'dead' },
    'status running, none': { status: 'running' },
    'from and to': { from: timeOf(20), to: timeOf(10) },
    'search by path': { search: '/api/webhooks/seldom' },
    'search by key': { search: 'rar' },
    'search by id': { search: 'exe_01' },
    'search, nothing found': { search: 'nobody' },
    'key and status': { key: 'busy', status: 'failed' },
    'key, status, from, to and search': {
      key: 'busy',
      status: 'rejected',
      from: timeOf(25),
      to: timeOf(5),
      search: '/api/webhooks/b',
    },
  };
}

function daysAgo(days: number): number {
  return Date.now() - days * DAY_MS;
}

function timeOf(days: number): string {
  return new Date(daysAgo(days)).toISOString();
}

/** How long each page of a filter takes, in milliseconds, the shortest first: one after the other, and from the first again. */
async function timesOf(
  signalbox: Signalbox,
  filter: Record<string, unknown>,
  requests: number,
): Promise<number[]> {
  const times: number[] = [];
  let cursor: string | null = null;
  for (let n = 0; n < requests; n++) {
    const began = performance.now();
    const { status, body }: Awaited<ReturnType<typeof signalbox.command<Page>>> =
      await signalbox.command<Page>('GetWebHookExecutionListQuery', {
        ...filter,
        pageSize: PAGE_SIZE,
        ...(cursor !== null && { cursor }),
      });
    times.push(performance.now() - began);
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    for (const item of body.data.items)
      for (const name of ['key', 'status'] as const)
        if (filter[name] !== undefined && item[name] !== filter[name])
          throw new Error(`${item.id} is not what was asked for: ${JSON.stringify(filter)}`);
    cursor = body.data.nextCursor;
  }
  return times.sort((a, b) => a - b);
}
