import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { Signalbox } from '../support/signalbox.ts';
import { auditOf, auditOfExecution } from './support/audit-log.ts';
import {
  admitsEveryRole,
  type Attempt,
  isoTime,
  refusesInput,
  refusesStrangers,
} from './support/refusals.ts';

const type = 'GetWebHookExecutionByIdQuery';
const credential = 'sk-0123456789abcdef';
let cast: Cast;
/** A call whose script logs, runs a command and answers. */
let whole: Record<string, unknown>;
let config: Record<string, unknown>;

const attempt: Attempt = { cast: () => cast, type, fields: () => ({ id: whole['id'] }) };
const notFound = {
  success: false,
  data: null,
  message: 'Execution not found',
  errors: ['No webhook execution found with the specified ID'],
  code: 'execution.not-found',
};

const script = `
  console.log('seen', context.body.n);
  const found = doCmd('GetWebHookConfigByIdQuery', { id: 999999 });
  return { n: context.body.n, found: found.success };
`;

async function executionOf(response: Response): Promise<Record<string, unknown>> {
  return await cast.signalbox.execution(response.headers.get('x-execution-id'));
}

beforeAll(async () => {
  cast = await startWithRoles();
  config = await cast.signalbox.createConfig('whole', { executionCode: script });
  whole = await executionOf(
    await fetch(`${cast.signalbox.url}/api/webhooks/whole?page=2&tag=a&tag=b&api_key=${credential}`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Authorization: `Bearer ${credential}`,
        'X-Shop': 'north',
        // Too short to be looked for everywhere.
        'X-Pin-Token': '1234',
      },
      body: JSON.stringify({ n: 1, copied: credential }),
    }),
  );
});
afterAll(() => cast.stop());

describe('GetWebHookExecutionByIdQuery', () => {
  it('answers the whole execution: request, verdict, steps, logs and answer', async () => {
    const answer = await cast.signalbox.command(type, { id: whole['id'] });
    expect(answer.status).toBe(200);
    expect(answer.body.message).toBe('Webhook execution retrieved successfully');
    expect(answer.body.data).toStrictEqual({
      id: expect.stringMatching(/^exe_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      configId: config['id'],
      configVersion: 1,
      key: 'whole',
      method: 'POST',
      path: '/api/webhooks/whole',
      ip: '127.0.0.1',
      status: 'succeeded',
      code: null,
      answerStatus: 200,
      receivedAt: isoTime,
      finishedAt: isoTime,
      durationMs: expect.any(Number),
      attempt: 1,
      nextAttemptAt: null,
      idempotencyKey: null,
      replayOf: null,
      isPurged: false,
      request: expect.objectContaining({ method: 'POST', path: '/api/webhooks/whole', params: {} }),
      verification: null,
      replay: null,
      steps: [
        {
          name: 'GetWebHookConfigByIdQuery',
          input: { id: 999_999 },
          output: expect.objectContaining({ success: false, code: 'webhook-config.not-found' }),
          startedAt: isoTime,
          durationMs: expect.any(Number),
        },
      ],
      logs: [expect.objectContaining({ text: 'seen 1' })],
      errors: [],
      attempts: [],
      answer: {
        status: 200,
        headers: {},
        body: JSON.stringify({
          success: true,
          data: { n: 1, found: false },
          message: 'Webhook processed successfully',
        }),
        isBodyCut: false,
      },
    });
  });

  it('shows the request as it came, with lower-case header names and repeated names as arrays', () => {
    expect(whole['request']).toMatchObject({
      query: { page: '2', tag: ['a', 'b'] },
      headers: { 'x-shop': 'north', 'content-type': 'application/json' },
      ip: '127.0.0.1',
      bodyBase64: null,
    });
  });

  it('shows a credential nowhere, neither where it was sent nor where it was copied to', () => {
    expect(whole['request']).toMatchObject({
      query: { api_key: '[masked]' },
      headers: { authorization: '[masked]', 'x-pin-token': '[masked]' },
      body: JSON.stringify({ n: 1, copied: '[masked]' }),
    });
    expect(JSON.stringify(whole)).not.toContain(credential);
  });

  it('shows a body that is no text in Base64', async () => {
    const bytes = Buffer.from([0, 1, 2, 0xff]);
    const execution = await executionOf(
      await fetch(`${cast.signalbox.url}/api/webhooks/whole`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/octet-stream' },
        body: bytes,
      }),
    );
    expect(execution['request']).toMatchObject({ body: null, bodyBase64: bytes.toString('base64') });
  });

  it('shows two million characters of a body, and how long it is', async () => {
    const large = await Signalbox.start({ env: { BODY_LIMIT_BYTES: '5000000' } });
    await large.createConfig('large', { executionCode: 'return 1;' });
    const cut = { isBodyCut: true, bodyBytes: 3_000_000 };
    const send = async (body: string | Buffer<ArrayBuffer>, type: string) => {
      const init = { method: 'POST', headers: { 'Content-Type': type }, body };
      const response = await fetch(`${large.url}/api/webhooks/large`, init);
      const id = response.headers.get('x-execution-id');
      return (await large.execution<{ request: Record<string, unknown> }>(id)).request;
    };
    expect(await send('x'.repeat(3_000_000), 'text/plain')).toMatchObject({
      ...cut,
      body: 'x'.repeat(2_097_152),
    });
    const bytes = Buffer.alloc(3_000_000);
    expect(await send(bytes, 'application/octet-stream')).toMatchObject({
      ...cut,
      bodyBase64: bytes.toString('base64').slice(0, 2_097_152),
    });
    expect(await send('short', 'text/plain')).toMatchObject({
      body: 'short',
      bodyBytes: 5,
      isBodyCut: false,
    });
    await large.stop();
  });

  it('says why a script failed', async () => {
    await cast.signalbox.createConfig('failing', { executionCode: 'throw new Error("out of paper");' });
    const execution = await executionOf(await cast.signalbox.call('failing', {}));
    expect(execution).toMatchObject({
      status: 'failed',
      code: 'script.threw',
      answerStatus: 500,
      errors: [expect.stringContaining('out of paper')],
      answer: { status: 500 },
    });
  });

  it('shows a call that was refused as rejected, with the verdict', async () => {
    await cast.signalbox.createConfig('closed', { allowableIPs: '203.0.113.7' });
    const execution = await executionOf(await cast.signalbox.call('closed', { n: 1 }));
    expect(execution).toMatchObject({
      status: 'rejected',
      code: 'webhook.address-refused',
      answerStatus: 403,
      steps: [],
      errors: ['Calls from this address are not accepted'],
    });
  });

  it('shows whether a call was proven to come from its sender, and why not, without what proves it', async () => {
    const secret = randomBytes(12).toString('hex');
    await cast.signalbox.createConfig('proven', {
      verification: { scheme: 'token', in: 'header', name: 'X-Token', secrets: [secret] },
    });
    const shown = async (token: string) =>
      await executionOf(await cast.signalbox.call('proven', { n: 1 }, { headers: { 'X-Token': token } }));
    const proven = await shown(secret);
    expect(proven).toMatchObject({
      status: 'succeeded',
      verification: { isVerified: true, reason: null },
    });
    const refused = await shown('guessed-token');
    expect(refused).toMatchObject({
      status: 'rejected',
      code: 'webhook.verification-failed',
      verification: { isVerified: false, reason: 'The header X-Token holds another value than the secret' },
    });
    expect(JSON.stringify([proven, refused])).not.toMatch(new RegExp(`${secret}|guessed-token`));
  });

  it('names the version that ran, whatever was saved since', async () => {
    const { id } = await cast.signalbox.createConfig('versioned');
    const first = await executionOf(await cast.signalbox.call('versioned', {}));
    await cast.signalbox.command('UpdateWebHookConfigCommand', {
      id,
      description: 'Second',
      isEnabled: true,
      path: '/webhooks/versioned',
      action: 'POST',
      executionType: 2,
      executionCode: 'return 2;',
    });
    const second = await executionOf(await cast.signalbox.call('versioned', {}));
    expect([first['configVersion'], second['configVersion']]).toStrictEqual([1, 2]);
    expect(await cast.signalbox.execution(String(first['id']))).toStrictEqual(first);
  });

  it.each(['exe_0', 'nothing', '__proto__'])('answers 404 for the id "%s"', async (id) => {
    const answer = await cast.signalbox.command(type, { id });
    expect(answer.status).toBe(404);
    expect(answer.body).toStrictEqual(notFound);
  });

  it('answers the same 404 for an execution of another account', async () => {
    const answer = await cast.signalbox.command(type, { id: whole['id'] }, cast.as.stranger);
    expect(answer.status).toBe(404);
    expect(answer.body).toStrictEqual(notFound);
  });

  it('leaves no audit record, neither when asked for nor when a script asks', async () => {
    const answer = await cast.signalbox.command(type, { id: whole['id'] });
    expect(await auditOf(cast.signalbox, answer)).toStrictEqual([]);
    expect(await auditOfExecution(cast.signalbox, String(whole['id']))).toStrictEqual([]);
  });

  it('belongs to the audit record of each command that the execution ran', async () => {
    const executionCode = `return doCmd('DeactivateWebHookConfigCommand', { id: ${config['id']} });`;
    await cast.signalbox.createConfig('acting', { executionCode });
    const execution = await executionOf(await cast.signalbox.call('acting', {}));
    expect(await auditOfExecution(cast.signalbox, String(execution['id']))).toMatchObject([
      {
        command: 'DeactivateWebHookConfigCommand',
        caller_name: 'ADMIN_API_KEY',
        outcome: 'succeeded',
        request_id: null,
      },
    ]);
    await cast.signalbox.command('ActivateWebHookConfigCommand', { id: config['id'] });
  });

  refusesStrangers(attempt);
  admitsEveryRole(attempt);
  refusesInput(attempt, [
    [{ id: undefined }, ['Id is required']],
    [{ id: '' }, ['Id is required']],
    [{ id: 5 }, ['Id must be a string']],
    [{ id: 'x'.repeat(101) }, ['Id must be at most 100 characters long']],
    [{ key: 'whole' }, ['Unknown field "key"']],
  ]);
});
