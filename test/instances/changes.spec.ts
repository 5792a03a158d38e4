import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execute, isPostgres } from '../support/database.ts';
import { Cluster, isKnown } from './cluster.ts';

let cluster: Cluster;

beforeAll(async () => {
  if (isPostgres) cluster = await Cluster.start(2);
});
afterAll(() => cluster?.stop());

const answerOf = async (key: string, body: unknown = {}) => {
  const response = await cluster.second.call(key, body);
  return { status: response.status, body: (await response.json()) as { data: unknown } };
};
const does = async (type: string, fields: Record<string, unknown>) => {
  const answer = await cluster.first.command<{ id: string; apiKey?: string }>(type, fields);
  expect(answer.body).toMatchObject({ success: true });
  return answer.body.data;
};
const asks = (headers: Record<string, string>) =>
  cluster.second.command('GetWebHookConfigListQuery', {}, headers);

const statusOfKey = async (key: string) => (await asks({ 'X-API-Key': key })).status;
const statusOfToken = async (token: string) => (await asks({ Authorization: `Bearer ${token}` })).status;
const setSecret = (value: string) =>
  does('SetSecretCommand', { name: 'TOKEN', value, configKeys: ['reads'] });

describe.runIf(isPostgres)('What one instance changes, another knows within a second', () => {
  it('a configuration that is created, changed, deactivated, activated and deleted', async () => {
    const config = await cluster.first.createConfig('told', { executionCode: 'return 1;' });
    await isKnown(async () => (await answerOf('told')).status === 200);
    const { id, ...fields } = { ...config, executionCode: 'return 2;' } as Record<string, unknown>;
    await does('UpdateWebHookConfigCommand', {
      id,
      ...pick(fields, ['description', 'isEnabled', 'path', 'action', 'executionType', 'executionCode']),
    });
    await isKnown(async () => (await answerOf('told')).body.data === 2);
    await does('DeactivateWebHookConfigCommand', { id });
    await isKnown(async () => (await answerOf('told')).status === 404);
    await does('ActivateWebHookConfigCommand', { id });
    await isKnown(async () => (await answerOf('told')).status === 200);
    await does('DeleteWebHookConfigCommand', { id });
    await isKnown(async () => (await answerOf('told')).status === 404);
  });

  it('a client that is made, disabled and enabled, and its new API key', async () => {
    const client = await does('CreateApiClientCommand', { name: 'told', role: 'viewer' });
    await isKnown(async () => (await statusOfKey(client.apiKey!)) === 200);
    await does('UpdateApiClientCommand', { id: client.id, isEnabled: false });
    await isKnown(async () => (await statusOfKey(client.apiKey!)) === 401);
    await does('UpdateApiClientCommand', { id: client.id, isEnabled: true });
    await isKnown(async () => (await statusOfKey(client.apiKey!)) === 200);
    const { apiKey } = await does('RotateApiKeyCommand', { id: client.id });
    await isKnown(async () => (await statusOfKey(apiKey!)) === 200);
    await isKnown(async () => (await statusOfKey(client.apiKey!)) === 401);
  });

  it('a token whose user is disabled, and one whose signing key is revoked', async () => {
    const password = 'correct horse battery';
    const user = await does('CreateUserCommand', { username: 'told', password, role: 'viewer' });
    const login = async () => {
      const response = await fetch(`${cluster.first.url}/api/auth/login`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ username: 'told', password }),
      });
      return ((await response.json()) as { data: { token: string } }).data.token;
    };
    const token = await login();
    await isKnown(async () => (await statusOfToken(token)) === 200);
    await does('RotateSigningKeyCommand', { revokeOld: true });
    await isKnown(async () => (await statusOfToken(token)) === 401);
    const next = await login();
    await isKnown(async () => (await statusOfToken(next)) === 200);
    await does('UpdateUserCommand', { id: user.id, isEnabled: false });
    await isKnown(async () => (await statusOfToken(next)) === 401);
  });

  it('a secret of a script', async () => {
    await cluster.first.createConfig('reads', {
      executionCode: `try { return secrets.get('TOKEN').length; } catch { return null; }`,
    });
    await setSecret('x'.repeat(10));
    await isKnown(async () => (await answerOf('reads')).body.data === 10);
    await setSecret('x'.repeat(20));
    await isKnown(async () => (await answerOf('reads')).body.data === 20);
  });

  it('also when no notification comes: the table is the truth', async () => {
    await execute(
      cluster.first.dataFolder,
      `CREATE OR REPLACE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO changes (table_name, row_id, made_at) VALUES (
          TG_TABLE_NAME,
          CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END ->> TG_ARGV[0],
          extract(epoch FROM now()) * 1000);
        RETURN NULL;
      END $$`,
    );
    await cluster.first.createConfig('silent', { executionCode: 'return 1;' });
    await isKnown(async () => (await answerOf('silent')).status === 200);
  });
});

function pick(from: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, from[name]]));
}
