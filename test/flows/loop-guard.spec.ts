import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';

/** Runs of which each was started by the one before: the first has the depth 0, the last 16. */
const RUNS_MAX = 17;
const WAIT_MS_MAX = 20_000;

interface Summary {
  id: string;
  status: string;
  code: string | null;
  answerStatus: number | null;
}

let signalbox: Signalbox;

beforeAll(async () => {
  // A synchronous run holds its worker while it waits for the answer of the next.
  const env = { OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1', SCRIPT_WORKERS: '5' };
  signalbox = await Signalbox.start({ env });
});

afterAll(() => signalbox.stop());

/** Creates a script that calls another configuration, and tells how many calls were answered and how the last was. */
async function createCaller(key: string, next: string, fields: object = {}): Promise<void> {
  const url = `${signalbox.url}/api/webhooks/dynamic/${next}`;
  await signalbox.createConfig(key, {
    executionCode: `
      const sent = doCmd('SendHttpRequestCommand', {
        method: 'POST', url: '${url}', headers: { 'x-signalbox-DEPTH': context.body.depth ?? '1.x' }, body: context.body,
        timeoutMs: 60_000,
      });
      if (!sent.success) throw new Error(sent.errors[0]);
      const body = JSON.parse(sent.data.body);
      return body.success ? { ...body.data, calls: body.data.calls + 1 } : { calls: 1, status: sent.data.status, code: body.code };`,
    ...('responseMode' in fields ? {} : { timeoutMs: 60_000 }),
    ...fields,
  });
}

async function executionsOf(key: string): Promise<Summary[]> {
  const { body } = await signalbox.command<{ items: Summary[] }>('GetWebHookExecutionListQuery', {
    key,
    pageSize: 100,
  });
  return body.data.items;
}

/** All executions of a key, once there are this many and none is under way. */
async function whenEnded(key: string, count: number): Promise<Summary[]> {
  const end = Date.now() + WAIT_MS_MAX;
  for (;;) {
    const executions = await executionsOf(key);
    const isOver = executions.every(({ status }) => status !== 'received' && status !== 'running');
    if (isOver && executions.length >= count) return executions;
    if (Date.now() > end) throw new Error(`There are ${executions.length} executions`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The header of a call that was refused for its depth, which is no secret. */
async function deepest(): Promise<string> {
  const last = (await executionsOf('itself')).find(({ status }) => status === 'rejected');
  const execution = await signalbox.execution<{ request: { headers: Record<string, string> } }>(last!.id);
  return execution.request.headers['x-signalbox-depth']!;
}

const refused = { status: 'rejected', code: 'loop.detected', answerStatus: 508 };

describe('A loop of webhooks', () => {
  it('ends where a script calls itself', async () => {
    await createCaller('itself', 'itself');
    const answer = await signalbox.call('itself', {});
    expect(await answer.json()).toMatchObject({
      success: true,
      data: { calls: RUNS_MAX, status: 508, code: 'loop.detected' },
    });
    const executions = await executionsOf('itself');
    expect(executions).toHaveLength(RUNS_MAX + 1);
    expect(executions.filter(({ status }) => status === 'succeeded')).toHaveLength(RUNS_MAX);
    const last = executions.find(({ status }) => status !== 'succeeded');
    expect(last).toMatchObject(refused);
    expect(await signalbox.execution(last!.id)).toMatchObject({
      request: { headers: { 'x-signalbox-depth': expect.stringMatching(/^17\.[\w-]{24}$/) } },
      steps: [],
      errors: [expect.stringContaining('more than 16 runs')],
    });
  });

  it('ends where two configurations call each other', async () => {
    await createCaller('ping', 'pong');
    await createCaller('pong', 'ping');
    const answer = await signalbox.call('ping', {});
    expect(await answer.json()).toMatchObject({ data: { calls: RUNS_MAX, status: 508 } });
    expect(await executionsOf('ping')).toHaveLength(9);
    const executions = await executionsOf('pong');
    expect(executions).toHaveLength(9);
    expect(executions[0]).toMatchObject(refused);
  });

  it('ends where a native command calls its own address', async () => {
    const url = `${signalbox.url}/api/webhooks/dynamic/native`;
    await signalbox.createConfig('native', {
      executionType: 0,
      commandName: 'SendHttpRequestCommand',
      inputMapping: `={method: "POST", url: "${url}", body: request.body}`,
    });
    expect((await signalbox.call('native', {})).status).toBe(200);
    const executions = await executionsOf('native');
    expect(executions).toHaveLength(RUNS_MAX + 1);
    expect(executions[0]).toMatchObject(refused);
  });

  it('ends where runs are asynchronous, refused when it is to be accepted', async () => {
    await createCaller('later', 'later', {
      responseMode: 'async',
      executionCode: `
        const url = '${signalbox.url}/api/webhooks/dynamic/later';
        return doCmd('SendHttpRequestCommand', { method: 'POST', url, body: {} }).data.status;`,
    });
    expect((await signalbox.call('later', {})).status).toBe(202);
    const executions = await whenEnded('later', RUNS_MAX + 1);
    expect(executions).toHaveLength(RUNS_MAX + 1);
    expect(executions.filter(({ status }) => status === 'succeeded')).toHaveLength(RUNS_MAX);
    expect(executions.find(({ status }) => status === 'rejected')).toMatchObject(refused);
  });

  it('is seen by a later try too, which has the depth of the first', async () => {
    const depths: string[] = [];
    const partner = createServer(({ headers }, response) => {
      depths.push(String(headers['x-signalbox-depth']));
      if (depths.length === 1) response.destroy();
      else response.end('{}');
    });
    await new Promise<void>((resolve) => partner.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(partner.address() as AddressInfo).port}/`;
    await signalbox.createConfig('tried-again', {
      responseMode: 'async',
      retry: { maxAttempts: 2, initialSeconds: 0.01, factor: 1, maxSeconds: 1 },
      executionType: 0,
      commandName: 'SendHttpRequestCommand',
      inputMapping: `={method: "POST", url: "${url}"}`,
    });
    await createCaller('parent', 'tried-again');
    expect((await signalbox.call('parent', {})).status).toBe(200);
    const [execution] = await whenEnded('tried-again', 1);
    partner.close();
    expect(execution).toMatchObject({ status: 'succeeded', attempt: 2 });
    expect(depths).toEqual([expect.stringMatching(/^2\./), depths[0]]);
  });

  it('ends where it goes by way of the command endpoint, each of whose commands counts too', async () => {
    const headers = { 'X-API-Key': signalbox.apiKey };
    const body = {
      $type: 'SendHttpRequestCommand',
      method: 'POST',
      url: `${signalbox.url}/api/webhooks/dynamic/around`,
      body: {},
    };
    await signalbox.createConfig('around', {
      executionType: 0,
      commandName: 'SendHttpRequestCommand',
      inputMapping: `=${JSON.stringify({ method: 'POST', url: `${signalbox.url}/api/bpm/cmd`, headers, body })}`,
    });
    expect((await signalbox.call('around', {})).status).toBe(200);
    const executions = await executionsOf('around');
    // Of the depths 0, 2, … 16 and 18.
    expect(executions).toHaveLength(10);
    expect(executions[0]).toMatchObject(refused);
  });
});

describe('A call from outside', () => {
  beforeAll(() =>
    signalbox.createConfig('outside', { executionCode: `return context.headers['x-signalbox-depth'];` }),
  );

  it.each(['16.xxxx', '99999.', `17.${'x'.repeat(24)}`, '17', '-1.'])(
    'that says %s about its depth is the first one all the same',
    async (header) => {
      const answer = await signalbox.call('outside', {}, { headers: { 'X-Signalbox-Depth': header } });
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ data: header });
    },
  );

  it('that is not verified is told nothing of its depth', async () => {
    await signalbox.createConfig('proven', {
      verification: { scheme: 'token', in: 'header', name: 'x-token', secrets: [randomUUID()] },
    });
    const header = await deepest();
    const headers = { 'X-Signalbox-Depth': header };
    expect((await signalbox.call('outside', {}, { headers })).status).toBe(508);
    expect((await signalbox.call('proven', {}, { headers })).status).toBe(401);
  });
});

describe('A run that repeats executions', () => {
  it('ends where they repeat one another without end', async () => {
    await signalbox.createConfig('repeater', {
      responseMode: 'async',
      executionCode: `
        const { data } = doCmd('GetWebHookExecutionListQuery', { key: 'repeater', status: 'succeeded', pageSize: 1 });
        return data.items.length === 0 ? null : doCmd('ReplayWebHookExecutionCommand', { id: data.items[0].id });`,
    });
    const counts = async () => {
      const { body } = await signalbox.command<{ items: Summary[] }>('GetWebHookExecutionListQuery', {
        key: 'repeater',
        pageSize: 100,
      });
      return body.data.items.map(({ status }) => status);
    };
    const settled = async (): Promise<string[]> => {
      for (let seen = -1, now = await counts(); ; seen = now.length, now = await counts()) {
        if (now.length === seen && now.every((status) => status === 'succeeded')) return now;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    };
    await signalbox.call('repeater', {});
    await settled();
    await signalbox.call('repeater', {});
    // The first call, the second, and what runs started from there.
    expect(await settled()).toHaveLength(1 + RUNS_MAX);
  }, 30_000);
});
