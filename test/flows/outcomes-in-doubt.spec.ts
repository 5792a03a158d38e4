import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UnrecordedOutcomes } from '../../src/features/executions/index.ts';
import { Database, type TableRow, WriteDoor } from '../../src/platform/db/index.ts';
import { AppError } from '../../src/platform/errors.ts';
import { CountingServer } from '../support/counting-server.ts';
import { InProcess } from '../support/in-process.ts';
import { until } from '../support/until.ts';

interface Execution {
  status: string;
  attempt: number;
  finishedAt: string | null;
}

let server: InProcess;
let other: CountingServer;

beforeAll(async () => {
  other = await CountingServer.start();
  server = await InProcess.start({ OUTBOUND_ALLOWED_NETWORKS: '127.0.0.0/8' });
});

afterAll(async () => {
  await server.stop();
  await other.stop();
});

/** From now on those commits fail. @returns what mends it, and how many have failed. */
function failingCommits(isBad: (rows: readonly TableRow[]) => boolean) {
  const door = server.app.get(WriteDoor);
  const append = door.append.bind(door);
  const failed = { count: 0, mend: () => void (door.append = append) };
  door.append = (rows) => {
    if (!isBad(rows)) return append(rows);
    failed.count += 1;
    const details = ['Nothing was stored; try again'];
    return Promise.reject(new AppError({ code: 'database.unavailable', kind: 'unavailable', details }));
  };
  return failed;
}

const isOf = (name: string) => (rows: readonly TableRow[]) => rows.some(({ table }) => table.name === name);
const endsJob = ({ table }: TableRow) =>
  table.name === 'queue_jobs' &&
  (table.removes === true || (table.finds?.('given') ?? '').startsWith('DELETE'));
const execution = async (id: string) =>
  (await server.command<Execution>('GetWebHookExecutionByIdQuery', { id })).body.data;
const ended = (id: string) =>
  until(async () => {
    // A clock that jumps has it look cut off from the database for a moment: it answers 503 then.
    const found: Execution | null = await execution(id);
    return found?.finishedAt ? found : null;
  });

describe('a command that was done and cannot be audited now', () => {
  it('has succeeded once it is: nobody does it again', async () => {
    await server.createConfig('audited', {
      idempotency: { key: '=request.body.id' },
      executionCode: `return doCmd('SendHttpRequestCommand', { method: 'POST', url: '${other.url('/audited')}' }).success;`,
    });
    const failing = failingCommits(isOf('audit_log'));
    const calling = server.call('audited', { id: 'k' });
    await until(() => Promise.resolve(failing.count > 1 ? true : null));
    failing.mend();
    const id = await calling;
    expect(await execution(id)).toMatchObject({ status: 'succeeded', attempt: 1 });
    expect(await server.call('audited', { id: 'k' })).toBe(id);
    expect(other.counts('/audited')).toEqual({ '': 1 });
  });
});

describe('a command of an admin that was done and cannot be audited now', () => {
  it('is told so, and audited as soon as it can be', async () => {
    const audited = async () => {
      const [row] = await server.app
        .get(Database)
        .read.query(
          `SELECT count(*) AS count FROM audit_log WHERE command = 'SendHttpRequestCommand' AND outcome = 'succeeded' AND input LIKE '%/admin%'`,
        );
      return Number(row.count);
    };
    const failing = failingCommits(isOf('audit_log'));
    const fields = { method: 'POST', url: other.url('/admin') };
    const answer = await server.command('SendHttpRequestCommand', fields);
    expect(answer.body).toMatchObject({ success: false, code: 'audit.unrecorded' });
    failing.mend();
    await until(async () => ((await audited()) === 1 ? true : null));
    expect(other.counts('/admin')).toEqual({ '': 1 });
  });
});

describe('a run by the queue whose end cannot be stored now', () => {
  it('is stored once it can be, and not run again', async () => {
    await server.createConfig('queued', {
      executionType: 0,
      executionCode: undefined,
      commandName: 'SendHttpRequestCommand',
    });
    const first = await server.call('queued', { method: 'POST', url: other.url('/queued') });
    const failing = failingCommits((rows) => rows.some(endsJob));
    const { body } = await server.command<{ executionId: string }>('ReplayWebHookExecutionCommand', {
      id: first,
    });
    await until(() => Promise.resolve(failing.count > 1 ? true : null));
    failing.mend();
    expect(await ended(body.data.executionId)).toMatchObject({ status: 'succeeded', attempt: 1 });
    // That of the first call and that of the replay.
    expect(other.counts('/queued')).toEqual({ '': 2 });
  });
});

describe('an outcome that waits to be recorded', () => {
  it('is dropped where another process has taken the run over, and holds up no other', async () => {
    const outcomes = server.app.get(UnrecordedOutcomes);
    const refusals: unknown[] = [];
    const takenOver = new AppError({ code: 'webhook.taken-over', kind: 'unavailable', details: ['no'] });
    outcomes.keep(
      'exe_1',
      () => Promise.reject(takenOver),
      (cause) => refusals.push(cause),
    );
    const stored = new Promise<void>((resolve) =>
      outcomes.keep(
        'exe_2',
        () => Promise.resolve(resolve()),
        () => undefined,
      ),
    );
    await stored;
    expect(refusals).toEqual([takenOver]);
  });
});

describe('a further attempt', () => {
  it('is no ended execution any more: a purge leaves it alone', async () => {
    const path = other.url('/again');
    await server.createConfig('again', {
      idempotency: { key: '=request.body.id' },
      executionCode: `const sent = doCmd('SendHttpRequestCommand', { method: 'POST', url: '${path}' });
        if (!sent.success) throw new Error('Down'); return 'done';`,
    });
    other.broken.add('/again');
    const id = await server.call('again', { id: 'k' });
    other.broken.clear();
    const goOn = other.hold('/again');
    const repeat = server.call('again', { id: 'k' });
    await until(() => Promise.resolve(other.counts('/again')['']! >= 2 ? true : null));
    expect(await execution(id)).toMatchObject({ status: 'received', attempt: 2 });
    const { body } = await server.command('PurgeExecutionsCommand', { key: 'again' });
    expect(body.data).toEqual({ purged: 0, skipped: 1 });
    goOn();
    expect(await repeat).toBe(id);
    expect(await execution(id)).toMatchObject({ status: 'succeeded', attempt: 2 });
  });
});

describe('an accepted chain that waited longer than a chain may take', () => {
  it('runs when its turn comes', async () => {
    await server.createConfig('patient', {
      executionType: 1,
      executionCode: undefined,
      responseMode: 'async',
      maxConcurrency: 1,
      retry: { maxAttempts: 1 },
      commandChain: [
        { commandName: 'SendHttpRequestCommand', input: '={method: "POST", url: request.body.url}' },
      ],
    });
    const goOn = other.hold('/patient/a');
    await server.call('patient', { url: other.url('/patient/a') });
    await until(() => Promise.resolve(other.counts('/patient')['/a'] === 1 ? true : null));
    const second = await server.call('patient', { url: other.url('/patient/b') });
    const { now } = performance;
    performance.now = () => now.call(performance) + 16 * 60_000;
    try {
      goOn();
      expect(await ended(second)).toMatchObject({ status: 'succeeded' });
    } finally {
      performance.now = now;
    }
  });
});
