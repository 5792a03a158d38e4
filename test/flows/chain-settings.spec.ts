import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';

let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start();
});
afterAll(() => signalbox.stop());

const lookUp = { commandName: 'LookupWebHookByKeyCommand' };

describe('a chain that could not work is not saved', () => {
  it.each<[unknown, unknown]>([
    [[], 'CommandChain must be at least 1 entries long'],
    [Array.from({ length: 51 }, () => lookUp), 'CommandChain must be at most 50 entries long'],
    [[{ commandName: 'NoSuch' }], 'CommandChain.0.commandName names no command: there is no "NoSuch"'],
    [
      [lookUp, { ...lookUp, compensation: { commandName: 'NoSuch' } }],
      'CommandChain.1.compensation.commandName names no command: there is no "NoSuch"',
    ],
    [[{ ...lookUp, condition: '=1 +' }], expect.stringMatching(/^CommandChain.0.condition does not parse: /)],
    [[{ ...lookUp, input: 'steps' }], expect.stringMatching(/^CommandChain.0.input does not parse: /)],
    [
      [{ ...lookUp, compensation: { ...lookUp, input: '=(' } }],
      expect.stringMatching(/^CommandChain.0.compensation.input does not parse: /),
    ],
    [
      [
        { ...lookUp, name: 'a' },
        { ...lookUp, name: 'a' },
      ],
      'CommandChain.1.name must be another than that of an earlier step: "a" is taken',
    ],
    [
      [{ ...lookUp, input: { a: 'x'.repeat(262_144) } }],
      'CommandChain must be at most 262144 characters long as JSON',
    ],
    [
      [{ ...lookUp, name: 'step2' }, lookUp],
      'CommandChain.1.name must be another than that of an earlier step: "step2" is taken',
    ],
    [[{ ...lookUp, input: { kee: 1 } }], expect.stringMatching(/^CommandChain.0.input: /)],
    [[{ ...lookUp, more: 1 }], 'Unknown field "commandChain.0.more"'],
    [[{ ...lookUp, onError: 'ignore' }], expect.stringContaining('CommandChain.0.onError must be')],
  ])('%j', async (commandChain, sentence) => {
    const answer = await signalbox.command('CreateWebHookConfigCommand', {
      key: 'never',
      description: 'Never saved',
      isEnabled: true,
      path: '/webhooks/never',
      action: 'POST',
      executionType: 1,
      commandChain,
    });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([sentence]);
  });
});
