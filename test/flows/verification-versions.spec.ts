import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { scriptFields } from '../commands/support/config-shape.ts';
import { Signalbox } from '../support/signalbox.ts';

let signalbox: Signalbox;
let made = 0;
let key: string;
let id: unknown;

const newSecret = () => randomBytes(12).toString('hex');
const [first, second, third] = [newSecret(), newSecret(), newSecret()];
const token = (secret?: string) => ({
  scheme: 'token',
  in: 'header',
  name: 'X-Token',
  ...(secret !== undefined && { secrets: [secret] }),
});
const basic = (secret?: string) => ({
  scheme: 'basic',
  username: 'ada',
  ...(secret !== undefined && { secrets: [secret] }),
});

beforeAll(async () => {
  signalbox = await Signalbox.start();
});
beforeEach(async () => {
  key = `versions-${++made}`;
  ({ id } = await signalbox.createConfig(key, { verification: token(first) }));
});
afterAll(() => signalbox.stop());

const command = (type: string, fields: object = {}) => signalbox.command(type, { id, ...fields });
const saved = async (type: string, verification: object | null) => {
  const answer = await command(type, { ...scriptFields(key), verification });
  expect(answer.body).toMatchObject({ success: true });
  return answer.body.data;
};
const update = (verification: object | null) => saved('UpdateWebHookConfigCommand', verification);
const draft = (verification: object | null) => saved('SaveWebHookConfigDraftCommand', verification);
const publish = () => command('PublishWebHookConfigDraftCommand');
const restore = (version: number) => command('RestoreWebHookConfigVersionCommand', { version });

/** Which of the secrets a call is admitted with. */
async function admitted(): Promise<string[]> {
  const found = [];
  for (const secret of [first, second, third]) {
    const headers = {
      'X-Token': secret,
      Authorization: `Basic ${Buffer.from(`ada:${secret}`).toString('base64')}`,
    };
    if ((await signalbox.call(key, {}, { headers })).status === 200) found.push(secret);
  }
  return found;
}

describe('the secrets of a draft', () => {
  it('that were sent with it count from its publication on', async () => {
    expect(await draft(token(second))).toMatchObject({ draft: { verification: { hasSecret: true } } });
    expect(await admitted()).toEqual([first]);
    await publish();
    expect(await admitted()).toEqual([second]);
  });

  it('that are kept are those of the configuration when it is published, not those rotated out before', async () => {
    expect(await draft(token())).toMatchObject({ draft: { verification: { hasSecret: true } } });
    await update(token(second));
    await publish();
    expect(await admitted()).toEqual([second]);
  });

  it('stay when the draft is saved again without them', async () => {
    await draft(basic(second));
    await draft(basic());
    await publish();
    expect(await admitted()).toEqual([second]);
  });

  it('are required at publication where the configuration has come to another scheme', async () => {
    await draft(token());
    await update(basic(second));
    const answer = await publish();
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      message: 'Validation failed',
      errors: ['Verification.secrets is required'],
    });
    expect(await admitted()).toEqual([second]);
    const shown = await command('GetWebHookConfigByIdQuery');
    expect(shown.body.data).toMatchObject({ draft: { verification: { scheme: 'token', hasSecret: false } } });
  });

  it('are gone with a draft that was discarded', async () => {
    await draft(basic(second));
    await command('DiscardWebHookConfigDraftCommand');
    const answer = await command('SaveWebHookConfigDraftCommand', {
      ...scriptFields(key),
      verification: basic(),
    });
    expect(answer.body.errors).toEqual(['Verification.secrets is required']);
  });

  it('are not needed to stop verifying', async () => {
    await draft(null);
    await publish();
    expect(await admitted()).toEqual([first, second, third]);
  });
});

describe('the secrets of a restored version', () => {
  it('are those of that version', async () => {
    await update(token(second));
    await update(basic(third));
    expect((await restore(2)).body.data).toMatchObject({ verification: { hasSecret: true } });
    expect(await admitted()).toEqual([second]);
    await restore(1);
    expect(await admitted()).toEqual([first]);
  });

  it('are in no answer, neither in clear nor sealed', async () => {
    await draft(token(second));
    const answers = [
      await command('GetWebHookConfigVersionListQuery'),
      await command('GetWebHookConfigByIdQuery'),
      await publish(),
      await restore(1),
    ];
    const text = JSON.stringify(answers.map(({ body }) => body));
    for (const hidden of [first, second, 'sealed', '"secrets"']) expect(text).not.toContain(hidden);
  });
});
