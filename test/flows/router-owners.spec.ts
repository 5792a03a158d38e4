import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RoleHouse } from '../security/prepare-roles.ts';
import { dataOf, expectRefusal, type ReceivedAnswer, sendRequest } from './send-request.ts';

const script = {
  executionType: 2,
  executionCode: `return doCmd('DeactivateWebHookConfigCommand', { id: context.body.id });`,
};
const chain = {
  executionType: 1,
  commandChain: [{ commandName: 'DeactivateWebHookConfigCommand', onError: 'stop' }],
};
const native = { executionType: 0, commandName: 'DeactivateWebHookConfigCommand' };

let house: RoleHouse;
let victimId: number;

beforeAll(async () => {
  house = await RoleHouse.open();
  victimId = Number((await house.signalbox.createConfig('victim'))['id']);
  const designer = await house.credentialsOf('designer');
  for (const [key, fields] of Object.entries({ script, native, chain })) {
    const answer = await house.signalbox.command('CreateWebHookConfigCommand', config(key, fields), designer);
    if (answer.body.data?.['ownerId'] !== house.idOf.designer) throw new Error(JSON.stringify(answer.body));
  }
});

afterAll(() => house.close());

function config(key: string, fields: object) {
  return { key, description: 'd', isEnabled: true, path: `/webhooks/${key}`, action: 'POST', ...fields };
}

function call(key: string): Promise<ReceivedAnswer> {
  return sendRequest(house.signalbox.url, {
    path: `/api/webhooks/dynamic/${key}`,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ id: victimId }),
  });
}

async function victimIsEnabled(): Promise<unknown> {
  const { body } = await house.signalbox.command('GetWebHookConfigByIdQuery', { id: victimId });
  return body.data['isEnabled'];
}

describe('a configuration whose last saver', () => {
  it('is disabled answers 503, runs nothing and says so in the lists', async () => {
    await house.setEnabled('designer', false);
    for (const key of ['script', 'native', 'chain']) {
      const answer = await call(key);
      expectRefusal(answer, 503, 'webhook.owner-disabled');
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      const lookup = await house.signalbox.command('LookupWebHookByKeyCommand', { key });
      expect(lookup.body.data).toMatchObject({ key, isEnabled: true, isOwnerEnabled: false });
    }
    const list = await house.signalbox.command('GetWebHookConfigListQuery', { sortBy: 'key' });
    expect(list.body.data['items']).toMatchObject([
      { key: 'chain', isOwnerEnabled: false },
      { key: 'native', isOwnerEnabled: false },
      { key: 'script', isOwnerEnabled: false },
      { key: 'victim', isOwnerEnabled: true },
    ]);
    expect(await victimIsEnabled()).toBe(true);
  });

  it.each(['native', 'chain'])(
    'has lost the permission answers 500 for a %s, whose command is not run',
    async (key) => {
      if (key === 'native') {
        await house.setEnabled('designer', true);
        await house.giveRole('designer', 'operator');
      }
      const answer = await call(key);
      expectRefusal(answer, 500, 'webhook.owner-not-permitted');
      expect(await victimIsEnabled()).toBe(true);
      const id = String(answer.headers['x-execution-id']);
      expect(await house.signalbox.execution(id)).toMatchObject({ status: 'failed', answerStatus: 500 });
    },
  );

  it('has lost the permission gives its script a failure, and the command is not run', async () => {
    expect(dataOf(await call('script'))).toMatchObject({
      success: false,
      message: 'Permission denied',
      code: 'access.permission-missing',
    });
    expect(await victimIsEnabled()).toBe(true);
  });

  it('has the permission again is obeyed again', async () => {
    await house.giveRole('designer', 'designer');
    expect(dataOf(await call('native'))).toMatchObject({ id: victimId, isEnabled: false });
    expect(await victimIsEnabled()).toBe(false);
  });
});
