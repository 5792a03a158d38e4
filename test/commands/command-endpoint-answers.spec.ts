import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import type { Answer } from '../support/signalbox.ts';
import { type RawRequest, sendRaw } from './support/raw-request.ts';

const LIMIT_BYTES = 1_048_576;
const query = '"$type":"GetCommandCatalogueQuery"';
let cast: Cast;

beforeAll(async () => {
  cast = await startWithRoles();
});
afterAll(() => cast.stop());

function send(request: RawRequest): Promise<Answer<unknown>> {
  return sendRaw(cast.signalbox, request);
}

describe('The order of the checks', () => {
  const forbidden = '{"$type":"DeleteWebHookConfigCommand","id":"not a number","more":1}';

  it.each(['{', '{"$type":"Nothing"}', forbidden, ''])('asks who it is before it reads %s', async (body) => {
    expect((await send({ body, headers: { 'X-API-Key': '' } })).status).toBe(401);
    expect((await send({ body, headers: { 'X-API-Key': 'wrong' } })).status).toBe(401);
  });

  it('asks who it is before it looks at the content type', async () => {
    const headers = { 'X-API-Key': 'wrong', 'Content-Type': 'text/plain' };
    expect((await send({ body: '{}', headers })).status).toBe(401);
  });

  it('finds the $type before it asks for a permission', async () => {
    const answer = await send({ body: '{"$type":"Nothing","id":1}', headers: cast.as.viewer });
    expect(answer.body.message).toBe('Unknown command');
  });

  it('asks for the permission before it looks at the fields', async () => {
    const answer = await cast.signalbox.command(
      'DeleteWebHookConfigCommand',
      { id: 'no', more: 1 },
      cast.as.viewer,
    );
    expect(answer.status).toBe(403);
    expect(answer.body.errors).toStrictEqual(['The permission webhooks:write is missing']);
  });

  it('looks at the fields before it looks for what they name', async () => {
    const answer = await cast.signalbox.command('DeleteWebHookConfigCommand', { id: 999_999, more: 1 });
    expect(answer.body.message).toBe('Validation failed');
  });
});

describe('Credentials', () => {
  it.each([
    ['Authorization', 'Basic YWRtaW46YWRtaW4='],
    ['Authorization', 'Digest username="admin"'],
  ])('of another scheme get the bare challenge, as if there were none: %s: %s', async (name, value) => {
    const answer = await cast.signalbox.command('GetCommandCatalogueQuery', {}, { [name]: value });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('that are a bad token are refused even beside a good API key', async () => {
    const headers = { Authorization: 'Bearer wrong', 'X-API-Key': cast.signalbox.apiKey };
    expect((await cast.signalbox.command('GetCommandCatalogueQuery', {}, headers)).status).toBe(401);
  });

  it('count in whatever case the scheme is written', async () => {
    const token = String(cast.as.viewer['Authorization']).slice('Bearer '.length);
    const answer = await cast.signalbox.command(
      'GetCommandCatalogueQuery',
      {},
      { authorization: `bearer ${token}` },
    );
    expect(answer.status).toBe(200);
  });

  it('are never taken from the URL', async () => {
    const path = `/api/bpm/cmd?api_key=${cast.signalbox.apiKey}&access_token=${cast.signalbox.apiKey}`;
    expect((await send({ path, body: `{${query}}`, headers: { 'X-API-Key': '' } })).status).toBe(401);
  });
});

describe('Every answer', () => {
  it('carries an X-Request-Id of its own, whatever its status and whatever the caller sent', async () => {
    const headers = { 'X-Request-Id': 'mine' };
    const answers = [
      await send({ body: `{${query}}`, headers }),
      await send({ body: '{', headers }),
      await send({ body: '{', headers: { ...headers, 'X-API-Key': '' } }),
      await send({
        body: '{"$type":"DeleteWebHookConfigCommand"}',
        headers: { ...headers, ...cast.as.viewer, 'X-API-Key': '' },
      }),
      await send({ body: '{"$type":"GetWebHookConfigByIdQuery","id":99999}', headers }),
      await send({ body: '{}', headers: { ...headers, 'Content-Type': 'text/plain' } }),
      await send({ body: ' '.repeat(LIMIT_BYTES + 1), headers }),
      await send({ method: 'GET', headers }),
    ];
    expect(answers.map(({ status }) => status).slice(0, 7)).toStrictEqual([
      200, 400, 401, 403, 404, 415, 413,
    ]);
    const ids = answers.map((answer) => answer.headers.get('x-request-id'));
    for (const id of ids) expect(id).toMatch(/^req_[0-9a-f-]{36}$/);
    expect(new Set(ids).size).toBe(answers.length);
  });

  it('is JSON that nobody may store', async () => {
    for (const body of [`{${query}}`, '{', '{"$type":"Nothing"}']) {
      const { headers } = await send({ body });
      expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });

  it('has exactly success, data and message, and a refusal errors and code as well', async () => {
    const good = await send({ body: `{${query}}` });
    expect(Object.keys(good.body)).toStrictEqual(['success', 'data', 'message']);
    const bad = await send({ body: '{"$type":"GetWebHookConfigByIdQuery","id":99999}' });
    expect(Object.keys(bad.body)).toStrictEqual(['success', 'data', 'message', 'errors', 'code']);
    expect(bad.body.code).toMatch(/^[a-z-]+\.[a-z-]+$/);
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'])('to %s is 404 or 405', async (method) => {
    const answer = await send({ method });
    expect([404, 405]).toContain(answer.status);
    const envelope = expect.objectContaining({ success: false, data: null, code: expect.any(String) });
    expect(answer.body).toStrictEqual(method === 'HEAD' ? null : envelope);
  });

  it.each(['/api/bpm', '/api/bpm/cmd/more', '/api/bpm/CMD', '/api/cmd'])('to %s is 404', async (path) => {
    const answer = await send({ path, body: `{${query}}` });
    expect(answer.status).toBe(404);
    expect(answer.body.code).toBe('http.not-found');
  });
});
