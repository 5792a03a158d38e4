import { createHmac, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keptBytes } from '../support/database.ts';
import { Signalbox } from '../support/signalbox.ts';

const value = `canary-"quoted"-${randomBytes(12).toString('hex')}`;
const READ = `try { return secrets.get('KEY'); } catch (error) { return error.message; }`;
const MISSING = 'No secret named "KEY" is available to this configuration';
let signalbox: Signalbox;

const set = async (configKeys: string[], text = value, name = 'KEY') => {
  const answer = await signalbox.command('SetSecretCommand', { name, value: text, configKeys });
  expect(answer.body).toMatchObject({ success: true });
};
const result = async (key: string): Promise<unknown> => {
  const { data } = (await (await signalbox.call(key, {})).json()) as { data: unknown };
  return data;
};

/** What the queries show of the call behind an answer, as one text. */
async function shown(answer: Response): Promise<string> {
  return JSON.stringify(await signalbox.execution(answer.headers.get('x-execution-id')));
}

/** Every byte that the product keeps or says. */
async function kept(): Promise<string> {
  return [await keptBytes(signalbox.dataFolder), signalbox.output].join('\n');
}

async function expectGone(answer: Response, secret: string): Promise<void> {
  const [view, disk] = [await shown(answer), await kept()];
  for (const text of [secret, JSON.stringify(secret).slice(1, -1)]) {
    expect(view).not.toContain(text);
    // Not toContain: its failure would print the whole database.
    expect(disk.includes(text), 'the value on disk or in the output').toBe(false);
  }
}

describe.each(['frozen', 'fresh'])('a secret of a script (%s)', (isolation) => {
  beforeAll(async () => {
    signalbox = await Signalbox.start({ env: { SCRIPT_ISOLATION: isolation } });
  });
  afterAll(() => signalbox.stop());

  it('signs what the script sends, and no record of the call tells it', async () => {
    await signalbox.createConfig('signer', {
      executionCode: `const key = secrets.get('KEY'); console.log('key', key, { key });
        doCmd('GetWebHookConfigListQuery', { search: key }); doCmd(key, { [key]: 1 });
        return { key, signature: crypto.hmac('sha256', key, context.body.text, 'hex') };`,
    });
    await set(['signer']);
    const answer = await signalbox.call('signer', { text: 'hello' });
    expect(await answer.clone().json()).toMatchObject({
      data: { key: value, signature: createHmac('sha256', value).update('hello').digest('hex') },
    });
    await expectGone(answer, value);
    expect(await shown(answer)).toContain('[masked]');
  });

  it('is not told by the error that a script throws it with', async () => {
    await signalbox.createConfig('thrower', { executionCode: `throw new Error(secrets.get('KEY'));` });
    await set(['thrower']);
    await expectGone(await signalbox.call('thrower', {}), value);
  });

  it('is read by the configurations that it names and by no other', async () => {
    for (const key of ['listed', 'unlisted', 'Listed'])
      await signalbox.createConfig(key, { executionCode: READ, path: `/webhooks/secret/${key}/x` });
    await set(['listed']);
    for (let round = 0; round < 3; round += 1) {
      expect(await result('listed')).toBe(value);
      expect(await result('unlisted')).toBe(MISSING);
      expect(await result('Listed')).toBe(MISSING);
    }
  });

  it('changes, moves and goes with the very next call', async () => {
    await signalbox.createConfig('one', { executionCode: READ });
    await signalbox.createConfig('two', { executionCode: READ });
    await set(['one', 'two'], 'first');
    expect([await result('one'), await result('two')]).toEqual(['first', 'first']);
    await set(['one', 'two'], 'second');
    expect([await result('one'), await result('two')]).toEqual(['second', 'second']);
    await set(['two'], 'third');
    expect([await result('one'), await result('two')]).toEqual([MISSING, 'third']);
    await signalbox.command('DeleteSecretCommand', { name: 'KEY' });
    expect([await result('one'), await result('two')]).toEqual([MISSING, MISSING]);
  });

  it('waits for a configuration that comes later', async () => {
    await set(['to-come']);
    await signalbox.createConfig('to-come', { executionCode: READ });
    expect(await result('to-come')).toBe(value);
  });

  it('that a webhook sets is masked in its record: by a script and as a native command', async () => {
    const [first, second] = [`${value}-first`, `${value}-second`];
    await signalbox.createConfig('setter', {
      executionCode: `return doCmd('SetSecretCommand', { name: 'A', value: context.headers.value + '-first', configKeys: ['x'] }).success
        && !doCmd('SetSecretCommand', { name: 'A', values: [context.headers.value + '-first'] }).success;`,
    });
    const byScript = await signalbox.call('setter', {}, { headers: { value } });
    expect(await byScript.clone().json()).toMatchObject({ data: true });
    await expectGone(byScript, first);
    await signalbox.createConfig('native', { executionType: 0, commandName: 'SetSecretCommand' });
    const native = await signalbox.call('native', { name: 'B', value: second, configKeys: ['x'] });
    expect(native.status).toBe(200);
    await expectGone(native, second);
  });
});

describe('secrets', () => {
  it('are there again after a restart, and without the key the database tells none', async () => {
    const first = await Signalbox.start();
    signalbox = first;
    await signalbox.createConfig('again', { executionCode: READ });
    await set(['again']);
    await set(['again'], `${value}2`);
    await set(['again'], value, 'GONE');
    await signalbox.command('DeleteSecretCommand', { name: 'GONE' });
    await first.kill();
    signalbox = await Signalbox.start({ dataFolder: first.dataFolder });
    expect(await result('again')).toBe(`${value}2`);
    const list = await signalbox.command<{ items: object[] }>('GetSecretListQuery');
    expect(list.body.data.items).toMatchObject([{ name: 'KEY', version: 2 }]);
    expect((await kept()).includes(value)).toBe(false);
    await signalbox.stop();
    await first.stop();
  });
});
