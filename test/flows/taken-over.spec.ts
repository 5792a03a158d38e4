import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Queue } from '../../src/platform/queue/index.ts';
import { CountingServer } from '../support/counting-server.ts';
import { execute, isPostgres, rowsOf } from '../support/database.ts';
import { InProcess } from '../support/in-process.ts';
import { until } from '../support/until.ts';

let server: InProcess;
let other: CountingServer;

beforeAll(async () => {
  if (!isPostgres) return;
  other = await CountingServer.start();
  server = await InProcess.start({ OUTBOUND_ALLOWED_NETWORKS: '127.0.0.0/8' });
});

afterAll(async () => {
  if (!isPostgres) return;
  await server.stop();
  await other.stop();
});

const send = (path: string) => ({
  commandName: 'SendHttpRequestCommand',
  input: { method: 'POST', url: other.url(path) },
});
const publish = { commandName: 'PublishEventCommand', input: { type: 'taken.over', payload: {} } };
const runs = {
  'a script': (folder: string) => ({
    executionCode: `doCmd('SendHttpRequestCommand', { method: 'POST', url: '${other.url(`${folder}/first`)}' });
      doCmd('PublishEventCommand', { type: 'taken.over', payload: {} });
      doCmd('SendHttpRequestCommand', { method: 'POST', url: '${other.url(`${folder}/second`)}' });
      return 'done';`,
  }),
  'a chain': (folder: string) => ({
    executionType: 1,
    executionCode: undefined,
    commandChain: [
      { name: 'zero', ...send(`${folder}/zero`), compensation: send(`${folder}/undo`) },
      { name: 'first', ...send(`${folder}/first`) },
      { name: 'event', ...publish },
      { name: 'second', ...send(`${folder}/second`) },
    ],
  }),
};

describe.runIf(isPostgres).each(Object.entries(runs))(
  '%s whose run another process has taken over',
  (name, made) => {
    it.each(['async', 'sync'])(
      'does and records nothing more, where its call was %s',
      async (responseMode) => {
        const key = `${name.slice(2)}-${responseMode}`;
        const folder = `/${key}`;
        await server.createConfig(key, {
          responseMode,
          ...(responseMode === 'sync' && { timeoutMs: 1_000 }),
          ...made(folder),
        });
        const goOn = other.hold(`${folder}/first`);
        const id = await server.call(key);
        await until(() => Promise.resolve(other.counts(folder)['/first'] === 1 ? true : null));
        // As another process does when this one was silent for too long.
        await execute(
          server.dataFolder,
          `UPDATE queue_jobs SET holder = 'another', claim = claim + 1 WHERE id = '${id}';
        INSERT INTO processes (id, roles, presence, started_at, beat_at)
          VALUES ('another', 'worker', 0, now(), now()) ON CONFLICT (id) DO UPDATE SET beat_at = now()`,
        );
        goOn();
        const queue = server.app.get(Queue);
        await until(() => Promise.resolve(queue.depth === 0 ? true : null));
        const done = name === 'a chain' ? { '/zero': 1, '/first': 1 } : { '/first': 1 };
        expect(other.counts(folder)).toEqual(done);
        const rows = (sql: string) => rowsOf(server.dataFolder, sql, [id]);
        expect(await rows('SELECT holder, attempt FROM queue_jobs WHERE id = ?')).toEqual([
          { holder: 'another', attempt: 1 },
        ]);
        const recorded = name === 'a chain' ? [{ n: 1 }] : [];
        expect(await rows('SELECT n FROM execution_calls WHERE execution_id = ?')).toEqual(recorded);
        expect(await rows('SELECT finished_at AS at, attempt FROM executions WHERE id = ?')).toEqual([
          { at: null, attempt: 1 },
        ]);
        expect(await rows('SELECT id FROM events WHERE execution_id = ?')).toEqual([]);
      },
    );
  },
);
