import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';
import { dataOf, type ReceivedAnswer, sendRequest } from './send-request.ts';

interface Summary {
  id: string;
  key: string;
  status: string;
  receivedAt: string;
}

type Page = { items: Summary[]; nextCursor: string | null };

const isoTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;

let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start();
});

afterAll(() => signalbox.stop());

function call(path: string, body: string | Buffer = '{}', headers: Record<string, string> = {}) {
  const sent = { 'Content-Type': 'application/json', ...headers };
  return sendRequest(signalbox.url, { path: `/api/webhooks/${path}`, body, headers: sent });
}

function recordOf(answer: ReceivedAnswer): Promise<Record<string, unknown>> {
  return signalbox.execution(String(answer.headers['x-execution-id']));
}

async function page(filter: Record<string, unknown> = {}): Promise<Page> {
  const answer = await signalbox.command<Page>('GetWebHookExecutionListQuery', filter);
  expect(answer.body).toMatchObject({ success: true });
  return answer.body.data;
}

/** All pages of a filter, one after the other. */
async function all(filter: Record<string, unknown>): Promise<Summary[]> {
  const found: Summary[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < 100; pages++) {
    const next: Page = await page({ ...filter, ...(cursor !== null && { cursor }) });
    found.push(...next.items);
    cursor = next.nextCursor;
    if (cursor === null) return found;
  }
  throw new Error('The list has no end');
}

async function idsOf(filter: Record<string, unknown>): Promise<string[]> {
  return (await page(filter)).items.map((item) => item.id);
}

describe('the record of a call', () => {
  it('holds the request, each step, the logs and the answer', async () => {
    const { id } = await signalbox.createConfig('whole', {
      path: '/webhooks/whole/:part',
      executionCode: `console.log('one', { two: 2 }); console.info('i'); console.warn('w'); console.error('e');
        const found = doCmd('LookupWebHookByKeyCommand', { key: 'whole' });
        doCmd('GetWebHookConfigByIdQuery', { id: 'bad' });
        return respond({ status: 201, headers: { 'X-Made': 'yes' }, body: { id: found.data.id } });`,
    });
    const answer = await call('whole/a%20b?x=1&x=2', '{"order": 7}', { 'X-Custom': 'c' });
    const record = await recordOf(answer);
    expect(record).toMatchObject({
      id: answer.headers['x-execution-id'],
      configId: id,
      configVersion: 1,
      key: 'whole',
      method: 'POST',
      path: '/api/webhooks/whole/a%20b',
      ip: '127.0.0.1',
      status: 'succeeded',
      code: null,
      answerStatus: 201,
      receivedAt: isoTime,
      finishedAt: isoTime,
      request: {
        method: 'POST',
        path: '/api/webhooks/whole/a%20b',
        params: { part: 'a b' },
        query: { x: ['1', '2'] },
        headers: { 'content-type': 'application/json', 'x-custom': 'c', 'content-length': '12' },
        ip: '127.0.0.1',
        body: '{"order": 7}',
        bodyBase64: null,
      },
      logs: [
        { level: 'log', text: expect.stringMatching(/^one .*two/) as string },
        { level: 'info', text: 'i' },
        { level: 'warn', text: 'w' },
        { level: 'error', text: 'e' },
      ],
      steps: [
        {
          name: 'LookupWebHookByKeyCommand',
          input: { key: 'whole' },
          output: { success: true },
          startedAt: isoTime,
        },
        { name: 'GetWebHookConfigByIdQuery', input: { id: 'bad' }, output: { success: false } },
      ],
      errors: [],
      answer: { status: 201, headers: { 'x-made': 'yes' }, body: `{"id":${String(id)}}` },
    });
    expect(record['durationMs']).toBeGreaterThan(0);
    for (const step of record['steps'] as { durationMs: number }[])
      expect(step.durationMs).toBeGreaterThanOrEqual(0);
  });

  it('holds a body that is no text as Base64', async () => {
    await signalbox.createConfig('binary');
    const bytes = Buffer.from([0, 255, 1]);
    const record = await recordOf(await call('binary', bytes, { 'Content-Type': 'image/png' }));
    expect(record['request']).toMatchObject({ body: null, bodyBase64: bytes.toString('base64') });
  });

  it('of a native command has the command as its one step', async () => {
    await signalbox.createConfig('native', { executionType: 0, commandName: 'GetWebHookConfigListQuery' });
    expect(await recordOf(await call('native', '{"pageSize":1,"other":2}'))).toMatchObject({
      status: 'succeeded',
      steps: [{ name: 'GetWebHookConfigListQuery', input: { pageSize: 1 }, output: { success: true } }],
      answer: { status: 200 },
    });
    expect(await recordOf(await call('native', '{"pageSize":1000}'))).toMatchObject({
      status: 'failed',
      code: 'bus.validation-failed',
      steps: [{ name: 'GetWebHookConfigListQuery', input: { pageSize: 1000 }, output: { success: false } }],
      errors: ['PageSize must be at most 100'],
      answer: { status: 400 },
    });
  });

  it('says why it failed', async () => {
    await signalbox.createConfig('throws', {
      executionCode: 'console.log("before"); throw new Error("no stock");',
    });
    expect(await recordOf(await call('throws'))).toMatchObject({
      status: 'failed',
      code: 'script.threw',
      errors: ['no stock'],
      logs: [{ level: 'log', text: 'before' }],
      answerStatus: 500,
    });
  });

  it('says why it was rejected', async () => {
    await signalbox.createConfig('strict', { allowableIPs: '10.0.0.1' });
    await signalbox.createConfig('open');
    const rejections: [ReceivedAnswer, object][] = [
      [await call('strict'), { code: 'webhook.address-refused', answerStatus: 403 }],
      [await call('open', '{'), { code: 'webhook.malformed-body', answerStatus: 400 }],
      [await call('open', 'x', { 'Content-Encoding': 'zstd' }), { code: 'webhook.unsupported-encoding' }],
      [await call('open', 'x'.repeat(1_048_577)), { code: 'webhook.body-too-large', answerStatus: 413 }],
    ];
    for (const [answer, verdict] of rejections) {
      const expected = { status: 'rejected', steps: [], logs: [], errors: [expect.any(String)], ...verdict };
      expect(await recordOf(answer)).toMatchObject(expected);
    }
  });

  it('names the version that ran', async () => {
    const { id } = await signalbox.createConfig('versions', { executionCode: 'return 1;' });
    const first = await call('versions');
    const fields = {
      description: 'd',
      isEnabled: true,
      path: '/webhooks/versions',
      action: 'POST',
      executionType: 2,
    };
    await signalbox.command('UpdateWebHookConfigCommand', { id, ...fields, executionCode: 'return 2;' });
    const second = await call('versions');
    expect([dataOf(first), dataOf(second)]).toEqual([1, 2]);
    expect([await recordOf(first), await recordOf(second)]).toMatchObject([
      { configVersion: 1 },
      { configVersion: 2 },
    ]);
  });

  it('stays readable and listed when the configuration is gone and its key belongs to another', async () => {
    const { id } = await signalbox.createConfig('gone');
    const answer = await call('gone', '{"a":1}');
    await signalbox.command('DeleteWebHookConfigCommand', { id });
    const { id: newId } = await signalbox.createConfig('gone');
    const later = await call('gone');
    expect(await recordOf(answer)).toMatchObject({ configId: id, key: 'gone', request: { body: '{"a":1}' } });
    expect(await idsOf({ configId: id })).toEqual([answer.headers['x-execution-id']]);
    expect(await idsOf({ configId: newId })).toEqual([later.headers['x-execution-id']]);
    expect(await idsOf({ key: 'gone' })).toEqual([
      later.headers['x-execution-id'],
      answer.headers['x-execution-id'],
    ]);
  });
});

describe('the list', () => {
  const idOf: Record<string, unknown> = {};

  beforeAll(async () => {
    for (const key of ['list-a', 'list-b'])
      idOf[key] = (await signalbox.createConfig(key, { executionCode: 'if (context.body.fail) throw 1;' }))[
        'id'
      ];
    for (let n = 0; n < 125; n++) {
      await call(n % 5 === 0 ? 'dynamic/list-b' : 'list-a', JSON.stringify({ fail: n % 10 === 3 }));
    }
  });

  it.each([1, 7, 50, 100])(
    'gives all rows in pages of %i, newest first, without gaps or repeats',
    async (pageSize) => {
      const filter = pageSize === 1 ? { key: 'list-b' } : { search: 'list-' };
      const found = await all({ ...filter, pageSize });
      expect(found).toHaveLength(pageSize === 1 ? 25 : 125);
      const ids = found.map((item) => item.id);
      expect(ids).toEqual([...new Set(ids)].toSorted().toReversed());
    },
  );

  it('goes on where it was when new calls come in between', async () => {
    const before = (await all({ key: 'list-a', pageSize: 100 })).map((item) => item.id);
    const first = await page({ key: 'list-a', pageSize: 60 });
    await call('list-a');
    const rest = await all({ key: 'list-a', pageSize: 60, cursor: first.nextCursor });
    expect([...first.items, ...rest].map((item) => item.id)).toEqual(before);
  });

  it('has 20 rows unless told, at most 100, and no cursor on its last page', async () => {
    const { items, nextCursor } = await page({ key: 'list-a' });
    expect([items.length, nextCursor]).toEqual([20, items.at(-1)?.id]);
    const refused = await signalbox.command('GetWebHookExecutionListQuery', { pageSize: 101 });
    expect(refused.body.errors).toEqual(['PageSize must be at most 100']);
    const exact = await page({ key: 'list-b', pageSize: 25 });
    expect([exact.items.length, exact.nextCursor]).toEqual([25, null]);
  });

  it('filters by key, configuration and status, alone and together', async () => {
    expect(await all({ key: 'list-b' })).toHaveLength(25);
    expect(await all({ configId: idOf['list-b'] })).toHaveLength(25);
    expect(await all({ key: 'list-a', configId: idOf['list-b'] })).toEqual([]);
    expect(await all({ key: 'list-b', status: 'failed' })).toEqual([]);
    const failed = await all({ search: 'list-', status: 'failed' });
    expect(failed.map((item) => item.status)).toEqual(Array(13).fill('failed'));
    expect(await all({ key: 'list' })).toEqual([]);
    expect(await all({ configId: 999_999 })).toEqual([]);
    expect(await all({ status: 'ignored' })).toEqual([]);
  });

  it('filters by time, both ends included, in any offset', async () => {
    const rows = await all({ key: 'list-b', pageSize: 100 });
    for (const { id, receivedAt: at } of rows)
      expect(await idsOf({ key: 'list-b', from: at, to: at })).toContain(id);
    const [newest, oldest] = [rows[5]!.receivedAt, rows[15]!.receivedAt];
    const wanted = rows.filter((row) => row.receivedAt >= oldest && row.receivedAt <= newest);
    const found = await all({ key: 'list-b', from: oldest, to: newest });
    expect(found.map((row) => row.id)).toEqual(wanted.map((row) => row.id));
    const shifted = new Date(Date.parse(oldest) + 7_200_000).toISOString().replace('Z', '+02:00');
    expect(await all({ key: 'list-b', from: shifted, to: newest })).toEqual(found);
    expect(await all({ key: 'list-b', from: '2100-01-01T00:00:00Z' })).toEqual([]);
    expect(await all({ key: 'list-b', to: '2000-01-01T00:00:00Z' })).toEqual([]);
  });

  it('searches prefixes of id, key and path, and never inside them or in bodies', async () => {
    const [row] = (await page({ key: 'list-a', pageSize: 1 })).items;
    expect(await all({ search: row!.id })).toEqual([row]);
    expect((await all({ search: row!.id.slice(0, 20), key: 'list-a' })).map((one) => one.id)).toContain(
      row!.id,
    );
    expect(await all({ search: 'list-b' })).toHaveLength(25);
    expect(await all({ search: '/api/webhooks/dynamic/list-b' })).toHaveLength(25);
    for (const search of ['ist-b', 'dynamic', 'LIST-B', '%ist', 'list_b', 'fail', '"fail"', 'list-b%'])
      expect(await all({ search })).toEqual([]);
  });

  it.each(['exe_x', 'nonsense', '', "exe_' OR 1=1"])('refuses the cursor %j', async (cursor) => {
    expect((await signalbox.command('GetWebHookExecutionListQuery', { cursor })).status).toBe(400);
  });
});

describe('a flood of rejected calls', () => {
  it('leaves at most ten records a second for its configuration, and none less for others', async () => {
    await signalbox.createConfig('flooded');
    await signalbox.createConfig('beside');
    const answers = await Promise.all(Array.from({ length: 60 }, () => call('flooded', '{')));
    for (const answer of answers) {
      expect(answer.status).toBe(400);
      expect(answer.headers['x-execution-id']).toMatch(/^exe_/);
    }
    expect(await recordOf(await call('beside', '{'))).toMatchObject({ status: 'rejected' });
    expect(await recordOf(await call('flooded', '{}'))).toMatchObject({ status: 'succeeded' });
    const kept = await all({ key: 'flooded', status: 'rejected' });
    const perSecond = Object.groupBy(kept, (row) => row.receivedAt.slice(0, 19));
    for (const rows of Object.values(perSecond)) expect(rows!.length).toBeLessThanOrEqual(10);
    expect(kept.length).toBeGreaterThanOrEqual(10);
    expect(kept.length).toBeLessThan(60);
  });
});
