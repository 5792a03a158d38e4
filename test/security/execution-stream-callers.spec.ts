import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ExecutionStreams } from '../../src/features/executions/index.ts';
import { EventReader } from '../support/event-reader.ts';
import { InProcess } from '../support/in-process.ts';

const HOUR_MS = 3_600_000;
let server: InProcess;
let streams: ExecutionStreams;
const readers: EventReader[] = [];

beforeAll(async () => {
  server = await InProcess.start();
  streams = server.app.get(ExecutionStreams);
});
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close();
  while (streams.size > 0) await new Promise(setImmediate);
});
afterAll(() => server.stop());

async function open(headers: Record<string, string> = { 'X-API-Key': server.apiKey }): Promise<EventReader> {
  const reader = await EventReader.open(server.url, headers);
  readers.push(reader);
  return reader;
}

/** A refusal, as its envelope has it. */
async function refusal(headers: Record<string, string>, query = '') {
  const response = await fetch(`${server.url}/api/executions/stream${query}`, { headers });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

describe('Who may watch executions', () => {
  it('is asked for credentials before anything else', async () => {
    const without = await refusal({});
    expect([without.status, without.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect((await refusal({ 'X-API-Key': 'k'.repeat(48) })).status).toBe(401);
    expect((await refusal({ Authorization: 'Bearer no.such.token' })).status).toBe(401);
  });

  it.each(['token', 'access_token', 'apikey', 'X-API-Key'])(
    'sends no credentials in the URL, as ?%s=, whatever else he sends',
    async (name) => {
      const { token } = (
        (await (
          await fetch(`${server.url}/api/auth/login`, {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({ username: 'admin', password: 'correct horse battery' }),
          })
        ).json()) as { data: { token: string } }
      ).data;
      for (const headers of [{}, { 'X-API-Key': server.apiKey }] as Record<string, string>[]) {
        const { status, body } = await refusal(headers, `?${name}=${token}`);
        expect(status).toBe(400);
        expect(body).toMatchObject({
          code: 'access.credentials-in-url',
          errors: [expect.stringMatching(/^Send no credentials in the URL .*Bearer/)],
        });
      }
    },
  );

  it('gets a sentence for a filter that there is not', async () => {
    const headers = { 'X-API-Key': server.apiKey };
    expect(await refusal(headers, '?status=done&colour=red&key=')).toMatchObject({
      status: 400,
      body: {
        message: 'Validation failed',
        errors: expect.arrayContaining([
          'Unknown field "colour"',
          expect.stringMatching(/^Status must be one of received, /),
          'Key is required',
        ]) as string[],
      },
    });
    expect((await refusal(headers, '?key=a&key=b')).status).toBe(400);
  });

  it('needs no stream to ask for its headers', async () => {
    const response = await fetch(`${server.url}/api/executions/stream`, {
      method: 'HEAD',
      headers: { 'X-API-Key': server.apiKey },
    });
    expect([response.status, streams.size]).toEqual([200, 0]);
  });

  it('has twenty streams at most', async () => {
    const viewer = await server.user('many');
    const all = await Promise.all(Array.from({ length: 20 }, () => open(viewer)));
    expect(all.map(({ status }) => status)).toEqual(Array(20).fill(200));
    const refused = await refusal(viewer);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '15']);
    expect((await open()).status).toBe(200);
    all[0]!.close();
    while (streams.size > 20) await new Promise(setImmediate);
    expect((await open(viewer)).status).toBe(200);
  });

  it('is let go when he is disabled', async () => {
    const leaver = await server.user('leaver');
    const [left, stays] = [await open(leaver), await open()];
    await server.change('leaver', { isEnabled: false });
    await streams.tick();
    await left.until(({ hasEnded }) => hasEnded);
    expect(stays.hasEnded).toBe(false);
    expect((await refusal(leaver)).status).toBe(401);
  });

  it('needs the permission to read executions, when he comes and as long as he stays', async () => {
    const viewer = await server.user('demoted');
    const reader = await open(viewer);
    await server.change('demoted', { permissions: ['webhooks:read'] });
    await streams.tick();
    await reader.until(({ hasEnded }) => hasEnded);
    expect(await refusal(viewer)).toMatchObject({
      status: 403,
      body: { code: 'access.permission-missing', errors: ['The permission executions:read is missing'] },
    });
  });

  it('sees the account that he names, and no stranger names one', async () => {
    const elsewhere = { 'X-API-Key': server.apiKey, 'X-Account-Id': 'elsewhere' };
    const [there, here] = [await open(elsewhere), await open()];
    await server.createConfig('named');
    await server.call('named');
    await here.until(({ events }) => events.length > 0);
    expect(there.events).toEqual([]);
    const bound = await server.user('bound', { accountId: 'elsewhere' });
    expect(await refusal({ ...bound, 'X-Account-Id': 'default' })).toMatchObject({
      status: 404,
      body: { code: 'access.account-not-found' },
    });
  });

  it('is let go when his token is no longer good', async () => {
    const viewer = await server.user('late');
    const reader = await open(viewer);
    server.moveClock(HOUR_MS - 60_000);
    await streams.tick();
    expect(reader.hasEnded).toBe(false);
    server.moveClock(61_000);
    await streams.tick();
    await reader.until(({ hasEnded }) => hasEnded);
    expect((await refusal(viewer)).status).toBe(401);
  });
});
