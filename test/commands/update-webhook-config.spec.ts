import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditRowOf } from './support/audit-log.ts';
import { scriptFields, scriptView } from './support/config-shape.ts';
import {
  type Attempt,
  badConfigIds,
  refusesInput,
  refusesRoles,
  refusesStrangers,
} from './support/refusals.ts';

const type = 'UpdateWebHookConfigCommand';
let cast: Cast;
let made = 0;
/** The configuration of the test at hand. */
let known: { id: number; key: string; createdAt: string; updatedAt: string; ownerId: string };

/** The fields of an update that leaves the configuration at hand as it is. */
const fields = (): Record<string, unknown> => ({ id: known.id, ...scriptFields(known.key) });
const attempt: Attempt = { cast: () => cast, type, fields };

beforeAll(async () => {
  cast = await startWithRoles();
});
beforeEach(async () => {
  made++;
  known = (await cast.signalbox.createConfig(`fresh-${made}`)) as unknown as typeof known;
});
afterAll(() => cast.stop());

describe('UpdateWebHookConfigCommand', () => {
  it('answers the whole configuration with the next version', async () => {
    const answer = await cast.signalbox.command(type, { ...fields(), description: 'Other' });
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      success: true,
      data: scriptView(known.key, {
        id: known.id,
        ownerId: known.ownerId,
        description: 'Other',
        version: 2,
        createdAt: known.createdAt,
      }),
      message: 'Webhook configuration updated successfully',
    });
    const { updatedAt } = answer.body.data as { updatedAt: string };
    expect(updatedAt >= known.updatedAt).toBe(true);
  });

  it('replaces the whole set: what is not sent is gone', async () => {
    await cast.signalbox.command(type, { ...fields(), allowableIPs: '10.0.0.0/8' });
    const { body } = await cast.signalbox.command(type, fields());
    expect(body.data).toMatchObject({ allowableIPs: null, version: 3 });
  });

  it('changes the type together with the field that the type needs', async () => {
    const { body } = await cast.signalbox.command(type, {
      ...fields(),
      executionType: 0,
      executionCode: null,
      commandName: type,
    });
    expect(body.data).toMatchObject({ executionType: 0, executionCode: null, commandName: type });
  });

  it('makes the saver the owner', async () => {
    const { body } = await cast.signalbox.command(type, fields(), cast.as.designer);
    expect(body.data).toMatchObject({ ownerId: cast.idOf.designer });
  });

  it('counts for the very next call: new script, new path, and the old path is free', async () => {
    const { url } = cast.signalbox;
    const path = `/webhooks/moved/${known.key}`;
    await cast.signalbox.command(type, { ...fields(), path, executionCode: 'return "new";' });
    const moved = await fetch(`${url}/api${path}`, { method: 'POST' });
    expect(await moved.json()).toMatchObject({ data: 'new' });
    const old = await fetch(`${url}/api/webhooks/${known.key}`, { method: 'POST' });
    expect(old.status).toBe(404);
    await cast.signalbox.createConfig(`heir-${known.key}`, { path: `/webhooks/${known.key}` });
  });

  it('takes the current version, and refuses an old one with 409 and the current one', async () => {
    const current = await cast.signalbox.command(type, { ...fields(), version: 1 });
    expect(current.body.data).toMatchObject({ version: 2 });
    const stale = await cast.signalbox.command(type, { ...fields(), version: 1, description: 'Lost' });
    expect(stale.status).toBe(409);
    expect(stale.body).toStrictEqual({
      success: false,
      data: null,
      message: 'Update failed',
      errors: ['The configuration has changed: its version is 2'],
      code: 'webhook-config.version-conflict',
    });
  });

  it('lets exactly one of ten simultaneous saves of one version through', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => cast.signalbox.command(type, { ...fields(), version: 1 })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(9);
  });

  it('answers 404 for an id that there is not', async () => {
    const answer = await cast.signalbox.command(type, { ...fields(), id: 999_999 });
    expect(answer.status).toBe(404);
    expect(answer.body).toStrictEqual({
      success: false,
      data: null,
      message: 'Update failed',
      errors: ['Configuration not found'],
      code: 'webhook-config.not-found',
    });
  });

  it('answers the same 404 for a configuration of another account', async () => {
    const answer = await cast.signalbox.command(type, fields(), cast.as.stranger);
    expect(answer.status).toBe(404);
    expect(answer.body.errors).toStrictEqual(['Configuration not found']);
  });

  it('answers 409 for an address that belongs to another configuration', async () => {
    const other = await cast.signalbox.createConfig(`other-${known.key}`);
    const answer = await cast.signalbox.command(type, { ...fields(), path: other['path'] });
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({
      success: false,
      data: null,
      errors: ['A webhook configuration with this path and action already exists'],
      code: 'webhook-config.address-taken',
    });
  });

  it('audits the configuration as it was and as it is', async () => {
    const answer = await cast.signalbox.command(type, { ...fields(), description: 'After' });
    expect(await auditRowOf(cast.signalbox, answer)).toMatchObject({
      caller_id: known.ownerId,
      caller_name: 'ADMIN_API_KEY',
      command: type,
      outcome: 'succeeded',
      input: { ...fields(), description: 'After' },
      before: known,
      after: answer.body.data,
    });
  });

  it('leaves the configuration and the directory as they were when it is refused', async () => {
    await cast.signalbox.command(type, { ...fields(), description: 'Lost', executionCode: 'return (' });
    const { body } = await cast.signalbox.command('GetWebHookConfigByIdQuery', { id: known.id });
    expect(body.data).toStrictEqual({ ...known, draft: null });
    const call = await cast.signalbox.call(known.key, { still: 'here' });
    expect(await call.json()).toMatchObject({ data: { still: 'here' } });
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator'], 'webhooks:write', attempt);
});

describe('Invalid input of UpdateWebHookConfigCommand', () => {
  it('is answered with one sentence for each field that is missing', async () => {
    const answer = await cast.signalbox.command(type);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      message: 'Validation failed',
      errors: [
        'Id is required',
        'Description is required',
        'IsEnabled is required',
        'Path is required',
        'Action is required',
        'ExecutionType is required',
      ],
    });
  });

  refusesInput(attempt, [
    ...badConfigIds,
    [{ key: 'other' }, ['Key cannot be changed']],
    [{ version: 0 }, ['Version must be at least 1']],
    [{ version: '1' }, ['Version must be a number']],
    [{ isEnabled: 1 }, ['IsEnabled must be true or false']],
    [{ action: 'TRACE' }, ['Action must be one of GET, POST, PUT, PATCH, DELETE']],
    [
      { path: '/webhooks/results/x' },
      ['Path must not lie under /webhooks/results: that address is reserved'],
    ],
    [{ executionCode: undefined }, ['ExecutionCode is required']],
    [{ executionType: 3 }, ['ExecutionType 3 (StartProcess) is not available yet']],
    [{ commandName: type }, ['CommandName is not for ExecutionType 2 (ExecuteCode)']],
    [
      { executionType: 0, executionCode: undefined, commandName: 'NoSuchCommand' },
      ['CommandName names no command: there is no "NoSuchCommand"'],
    ],
    [
      { allowableIPs: '1.2.3' },
      ['AllowableIPs are not readable: "1.2.3" is a short form; write all four numbers of the address.'],
    ],
    [{ retry: {} }, ['Retry is for responseMode async only']],
    [{ responseMode: 'async', timeoutMs: 5 }, ['TimeoutMs is for responseMode sync only']],
    [{ idempotency: { key: 'request' } }, [expect.stringMatching(/^Idempotency.key does not parse: /)]],
  ]);

  it('refuses the key even where it is the same', async () => {
    const { body } = await cast.signalbox.command(type, { ...fields(), key: known.key });
    expect(body.errors).toStrictEqual(['Key cannot be changed']);
  });

  it('refuses the path of a fixed endpoint to any other key', async () => {
    const { body } = await cast.signalbox.command(type, { ...fields(), path: '/webhooks/remita' });
    expect(body.errors).toStrictEqual(['Path must not lie under /webhooks/remita: that address is reserved']);
  });
});
