import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditRowOf } from './support/audit-log.ts';
import { scriptFields, unsetSettings } from './support/config-shape.ts';
import {
  type Attempt,
  badConfigIds,
  isoTime,
  refusesInput,
  refusesRoles,
  refusesStrangers,
} from './support/refusals.ts';

const type = 'SaveWebHookConfigDraftCommand';
let cast: Cast;
let made = 0;
/** The configuration of the test at hand. */
let known: Record<string, unknown> & { id: number; key: string };

const fields = (): Record<string, unknown> => ({
  id: known.id,
  ...scriptFields(known.key),
  description: 'Prepared',
  executionCode: 'return "draft";',
});
const attempt: Attempt = { cast: () => cast, type, fields };
const stored = async () =>
  (await cast.signalbox.command('GetWebHookConfigByIdQuery', { id: known.id })).body.data;

beforeAll(async () => {
  cast = await startWithRoles();
});
beforeEach(async () => {
  known = (await cast.signalbox.createConfig(`drafted-${++made}`)) as typeof known;
});
afterAll(() => cast.stop());

describe('SaveWebHookConfigDraftCommand', () => {
  it('answers the configuration as it is, with the draft beside it', async () => {
    const answer = await cast.signalbox.command(type, fields());
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      success: true,
      data: {
        ...known,
        hasDraft: true,
        draft: {
          ...scriptFields(known.key),
          description: 'Prepared',
          executionCode: 'return "draft";',
          ...unsetSettings,
          baseVersion: 1,
          savedBy: known['ownerId'],
          savedAt: isoTime,
        },
      },
      message: 'Webhook configuration draft saved successfully',
    });
    expect(await stored()).toStrictEqual(answer.body.data);
  });

  it('is shown as hasDraft by the list, the lookup and an update, which leaves it as it is', async () => {
    await cast.signalbox.command(type, fields());
    const list = await cast.signalbox.command<{ items: object[] }>('GetWebHookConfigListQuery', {
      search: known.key,
    });
    expect(list.body.data.items).toMatchObject([{ hasDraft: true }]);
    const lookup = await cast.signalbox.command('LookupWebHookByKeyCommand', { key: known.key });
    expect(lookup.body.data).toMatchObject({ hasDraft: true, description: known['description'] });
    const update = await cast.signalbox.command('UpdateWebHookConfigCommand', {
      id: known.id,
      ...scriptFields(known.key),
    });
    expect(update.body.data).toMatchObject({ hasDraft: true, version: 2 });
    expect(await stored()).toMatchObject({ draft: { description: 'Prepared', baseVersion: 1 } });
  });

  it('touches nothing that runs: not the script, the address, the state or the version', async () => {
    await cast.signalbox.command(type, { ...fields(), path: `/webhooks/to/${known.key}`, isEnabled: false });
    const call = await cast.signalbox.call(known.key, { n: 1 });
    expect(await call.json()).toMatchObject({ data: { n: 1 } });
    const { url } = cast.signalbox;
    expect((await fetch(`${url}/api/webhooks/to/${known.key}`, { method: 'POST' })).status).toBe(404);
    const versions = await cast.signalbox.command<{ totalCount: number }>(
      'GetWebHookConfigVersionListQuery',
      { id: known.id },
    );
    expect(versions.body.data.totalCount).toBe(1);
  });

  it('replaces the draft that there was, whoever saved it', async () => {
    await cast.signalbox.command(type, { ...fields(), allowableIPs: '10.0.0.0/8' });
    const { body } = await cast.signalbox.command(
      type,
      { ...fields(), description: 'Next' },
      cast.as.designer,
    );
    expect(body.data).toMatchObject({
      ownerId: known['ownerId'],
      draft: { description: 'Next', allowableIPs: null, savedBy: cast.idOf.designer },
    });
  });

  it('goes with its configuration', async () => {
    await cast.signalbox.command(type, fields());
    await cast.signalbox.command('DeleteWebHookConfigCommand', { id: known.id });
    const { data } = (await cast.signalbox.command('LookupWebHookByKeyCommand', { key: known.key })).body;
    expect(data).toBeNull();
    const again = await cast.signalbox.createConfig(known.key);
    expect(again).toMatchObject({ hasDraft: false });
  });

  it('takes the current version, and refuses an old one with 409 and the current one', async () => {
    expect((await cast.signalbox.command(type, { ...fields(), version: 1 })).status).toBe(200);
    const stale = await cast.signalbox.command(type, { ...fields(), version: 2 });
    expect(stale.status).toBe(409);
    expect(stale.body).toMatchObject({
      message: 'Saving failed',
      errors: ['The configuration has changed: its version is 1'],
      code: 'webhook-config.version-conflict',
    });
  });

  it('answers 409 for an address that belongs to another configuration', async () => {
    const other = await cast.signalbox.createConfig(`other-${known.key}`);
    const answer = await cast.signalbox.command(type, { ...fields(), path: other['path'] });
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ code: 'webhook-config.address-taken' });
    expect(await stored()).toMatchObject({ hasDraft: false });
  });

  it('answers 404 for an id that there is not, and for one of another account', async () => {
    for (const [id, who] of [
      [999_999, { 'X-API-Key': cast.signalbox.apiKey }],
      [known.id, cast.as.stranger],
    ] as const) {
      const answer = await cast.signalbox.command(type, { ...fields(), id }, who);
      expect(answer.status).toBe(404);
      expect(answer.body).toMatchObject({
        message: 'Saving failed',
        errors: ['Configuration not found'],
        code: 'webhook-config.not-found',
      });
    }
  });

  it('audits the draft as it was and as it is', async () => {
    const first = await cast.signalbox.command<{ draft: object }>(type, fields());
    const answer = await cast.signalbox.command<{ draft: object }>(type, {
      ...fields(),
      description: 'Next',
    });
    expect(await auditRowOf(cast.signalbox, answer)).toMatchObject({
      command: type,
      outcome: 'succeeded',
      before: first.body.data.draft,
      after: answer.body.data.draft,
    });
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator'], 'webhooks:write', attempt);
});

describe('Invalid input of SaveWebHookConfigDraftCommand', () => {
  refusesInput(attempt, [
    ...badConfigIds,
    [{ key: 'other' }, ['Key cannot be changed']],
    [{ version: 0 }, ['Version must be at least 1']],
    [{ description: undefined }, ['Description is required']],
    [
      { path: '/webhooks/results/x' },
      ['Path must not lie under /webhooks/results: that address is reserved'],
    ],
    [{ executionCode: 'return (' }, [expect.stringMatching(/^ExecutionCode does not compile: /)]],
    [
      { executionType: 0, executionCode: undefined, commandName: 'NoSuchCommand' },
      ['CommandName names no command: there is no "NoSuchCommand"'],
    ],
    [{ verification: { scheme: 'basic', username: 'ada' } }, ['Verification.secrets is required']],
    [
      { verification: { scheme: 'standard-webhooks', secrets: ['whsec_short'] } },
      [expect.stringContaining('Verification.secrets.0 must be')],
    ],
  ]);
});
