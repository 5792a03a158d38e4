import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { descendantsOf, outliving } from '../../crash/aftermath.ts';
import { isPostgres } from '../database.ts';

const keeper = new URL('keep.ts', import.meta.url).pathname;
/** Starts it as the tests do, tells its process id and its URL, and stays. */
const asker = `
  const child = require('node:child_process').spawn(process.execPath, [${JSON.stringify(keeper)}],
    { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  child.stdout.once('data', (url) => console.log(child.pid + ' ' + url));
  setInterval(() => undefined, 1000);`;

/** A server that somebody has asked for. */
async function started() {
  const child: ChildProcess = spawn(process.execPath, ['-e', asker], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  const [pid, url] = line.toString().trim().split(' ') as [string, string];
  const client = new Client(url);
  client.on('error', () => undefined);
  await client.connect();
  const { rows } = await client.query<Record<string, string>>(
    `SELECT current_setting('data_directory') AS data, current_setting('fsync') AS fsync,
      current_setting('synchronous_commit') AS commits, current_setting('listen_addresses') AS addresses`,
  );
  const pids = [Number(pid), ...descendantsOf(Number(pid))];
  return { child, pid: Number(pid), pids, data: rows[0]!['data']!, settings: rows[0]! };
}

describe.runIf(isPostgres)('The PostgreSQL of the tests', () => {
  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
    'leaves no process and no file behind when who asked for it ends by %s',
    async (signal) => {
      const { child, pids, data, settings } = await started();
      expect(settings).toMatchObject({ fsync: 'on', commits: 'on', addresses: '127.0.0.1' });
      expect(pids.length).toBeGreaterThan(3);
      child.kill(signal);
      expect(await outliving(pids, 10_000)).toEqual([]);
      expect(existsSync(data)).toBe(false);
    },
  );

  it('leaves none behind when it is ended itself', async () => {
    const { child, pid, pids, data } = await started();
    process.kill(pid, 'SIGTERM');
    expect(await outliving(pids, 10_000)).toEqual([]);
    expect(existsSync(data)).toBe(false);
    child.kill('SIGKILL');
  });
});
