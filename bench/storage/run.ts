import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePort, randomKey, startServer } from '../harness/server-process.ts';
import { callCommand } from '../servers/signalbox-api.ts';
import { metricOf } from '../servers/signalbox-metrics.ts';
import { configKey } from '../workload.ts';
import { cases, type StorageCase } from './cases.ts';
import type { Sizes, TableSize } from './sizes.ts';
import { postgresSizes } from './sizes-postgres.ts';
import { sqliteSizes } from './sizes-sqlite.ts';

const usage = `npm run bench:storage -- [--calls N] [--connections N] [--database postgres://…]
Records calls of 1 KiB (20,000 of each kind, 50 at once) and prints what each takes of the database, in bytes.
Without --database: SQLite, in a temporary folder. Of PostgreSQL an empty database on a server that does nothing else.`;

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '20000' },
    connections: { type: 'string', default: '50' },
    database: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const [calls, connections] = [Number(values.calls), Number(values.connections)];
const mainFile = join(import.meta.dirname, '../../dist/main.js');
const SETTLE_MS_MAX = 300_000;

interface Server {
  url: string;
  key: string;
  pid: number;
  stop(): Promise<void>;
}

async function serve(env: Record<string, string>, folder: string): Promise<Server> {
  const port = await freePort();
  const [url, key] = [`http://127.0.0.1:${port}`, randomKey()];
  const given = { NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(port), ADMIN_API_KEY: key, ...env };
  const readyUrl = `${url}/health/ready`;
  const server = await startServer({ args: [mainFile], cwd: folder, env: given, folder, readyUrl });
  return { url, key, ...server };
}

/** Makes the calls; each must be answered as it should be. */
async function callAll({ url }: Server, { body, status }: StorageCase): Promise<void> {
  let sent = 0;
  const caller = async (): Promise<void> => {
    while (sent < calls) {
      const response = await fetch(`${url}/api/webhooks/dynamic/${configKey}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: body((sent += 1)),
      });
      const text = await response.text();
      if (response.status !== status) throw new Error(`${response.status} ${text.slice(0, 500)}`);
    }
  };
  await Promise.all(Array.from({ length: connections }, caller));
}

async function untilAllEnded(server: Server): Promise<void> {
  const end = performance.now() + SETTLE_MS_MAX;
  while ((await metricOf(server.url, 'signalbox_executions_ended_total')) < calls) {
    if (performance.now() > end) throw new Error('The calls did not end');
    await sleep(200);
  }
}

/** The line of one kind of call. */
async function measure(one: StorageCase, sizes: Sizes, folder: string): Promise<string> {
  const server = await serve(sizes.env, folder);
  let writtenBytes = 0;
  let perCommit = 0;
  const before = await sizes.tables();
  try {
    const fields = {
      key: configKey,
      description: one.title,
      isEnabled: true,
      path: `/webhooks/${configKey}`,
    };
    const config = await callCommand(server, 'CreateWebHookConfigCommand', {
      ...fields,
      action: 'POST',
      ...one.config,
    });
    const [from, commits] = [
      await sizes.written(server.pid),
      await metricOf(server.url, 'signalbox_write_commits_total'),
    ];
    await callAll(server, one);
    await untilAllEnded(server);
    writtenBytes = (await sizes.written(server.pid)) - from;
    perCommit = calls / ((await metricOf(server.url, 'signalbox_write_commits_total')) - commits);
    await callCommand(server, 'DeleteWebHookConfigCommand', { id: (config as { id: number }).id });
  } finally {
    await server.stop();
  }
  const grown = growth(before, await sizes.tables());
  const cells = [
    one.title,
    ...['executions', 'payload_packs', 'other'].flatMap((table) => [
      grown(table, 'rows'),
      grown(table, 'indexes'),
    ]),
    grown('all', 'rows') + grown('all', 'indexes'),
    Math.round(writtenBytes / calls),
    perCommit.toFixed(1),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Bytes a call by table; what is neither of the two large ones is other. */
function growth(before: TableSize[], after: TableSize[]) {
  const large = new Set(['executions', 'payload_packs']);
  return (wanted: string, part: 'rows' | 'indexes'): number => {
    const isWanted = ({ table }: TableSize) =>
      wanted === 'all' || (wanted === 'other' ? !large.has(table) : table === wanted);
    const sum = (tables: TableSize[]) =>
      tables.filter(isWanted).reduce((total, size) => total + Number(size[part]), 0);
    return Math.round((sum(after) - sum(before)) / calls);
  };
}

if (values.help) {
  process.stdout.write(`${usage}\n`);
} else {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-storage-'));
  const sizes = values.database === undefined ? sqliteSizes(folder) : await postgresSizes(values.database);
  const columns = ['executions', 'their indexes', 'packs', 'their indexes', 'other tables', 'their indexes'];
  const heads = ['calls', ...columns, 'in all', 'written', 'calls a commit'];
  process.stdout.write(`| ${heads.join(' | ')} |\n|${' --- |'.repeat(heads.length)}\n`);
  try {
    for (const one of cases) process.stdout.write(`${await measure(one, sizes, folder)}\n`);
  } finally {
    await sizes.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
