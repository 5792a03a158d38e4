import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';

let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start({ env: { OUTBOUND_ALLOWED_NETWORKS: '127.0.0.0/8' } });
  await signalbox.createConfig('answers', {
    executionCode: `return respond({ status: Number(context.query.status), headers: { 'Retry-After': '7' } });`,
  });
});

afterAll(() => signalbox.stop());

const urlOf = (status: number) => `${signalbox.url}/api/webhooks/dynamic/answers?status=${status}`;

async function sent(status: number, fields: object = { expects2xx: true }) {
  const url = urlOf(status);
  const answer = await signalbox.command('SendHttpRequestCommand', { method: 'POST', url, ...fields });
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), ...answer.body };
}

/** The end of an asynchronous run that sends the same in each of its three tries. */
async function endOf(key: string, expects2xx: boolean) {
  await signalbox.createConfig(key, {
    responseMode: 'async',
    retry: { maxAttempts: 3, initialSeconds: 0.01, factor: 1, maxSeconds: 1 },
    executionCode: `const sent = doCmd('SendHttpRequestCommand',
        { method: 'POST', url: '${urlOf(503)}&of=${key}', expects2xx: ${expects2xx} });
      throw new Error(sent.success ? String(sent.data.status) : sent.code);`,
  });
  const response = await signalbox.call(key, {});
  const id = response.headers.get('x-execution-id');
  return await until(async () => {
    const execution = await signalbox.execution<{ status: string; errors: string[] }>(id);
    return execution.status === 'dead' ? execution : null;
  });
}

async function callsOf(key: string): Promise<number> {
  const { body } = await signalbox.command<{ items: { id: string }[] }>('GetWebHookExecutionListQuery', {
    key: 'answers',
    pageSize: 100,
  });
  const executions = await Promise.all(
    body.data.items.map(({ id }) => signalbox.execution<{ request: { query: { of?: string } } }>(id)),
  );
  return executions.filter(({ request }) => request.query.of === key).length;
}

describe('an answer of another status than 2xx', () => {
  it('is an answer like any other', async () => {
    expect(await sent(503, {})).toMatchObject({ status: 200, success: true, data: { status: 503 } });
    expect(await sent(204)).toMatchObject({ status: 200, success: true, data: { status: 204 } });
  });

  it.each([
    [404, 409, null],
    [301, 409, null],
    [429, 503, '7'],
    [503, 503, '7'],
  ])('is a failure where 2xx is expected: %i', async (status, failure, retryAfter) => {
    expect(await sent(status)).toMatchObject({
      status: failure,
      success: false,
      code: 'http-request.status',
      errors: [`The answer has the status ${status}`],
      retryAfter,
    });
  });

  it('is kept by a run that is tried again, and asked for anew where it is a failure', async () => {
    expect(await endOf('kept', false)).toMatchObject({ errors: ['503'] });
    expect(await callsOf('kept')).toBe(1);
    expect(await endOf('anew', true)).toMatchObject({ errors: ['http-request.status'] });
    expect(await callsOf('anew')).toBe(3);
  });
});
