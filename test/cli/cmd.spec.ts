import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';
import { adminOf, inFolder, runClient } from './run-client.ts';

let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start({ env: { OUTBOUND_ALLOWED_NETWORKS: '127.0.0.0/8' } });
});
afterAll(() => signalbox.stop());

function cmd(args: readonly string[], stdin = '') {
  return runClient(['cmd', ...args], { env: adminOf(signalbox), stdin });
}

async function dataOf(args: readonly string[], stdin = ''): Promise<unknown> {
  const end = await cmd(args, stdin);
  expect(end).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(end.stdout);
}

const create = [
  'CreateWebHookConfigCommand',
  '--description',
  'made by hand',
  '--action',
  'POST',
  '--executionType',
  '2',
];

describe('signalbox cmd', () => {
  it('gives a command with fields of the types that the catalogue names, and prints its data', async () => {
    const data = await dataOf([
      ...create,
      '--key',
      'typed',
      '--isEnabled',
      '--path=/webhooks/typed',
      '--executionCode',
      'return 1;',
      '--maxConcurrency',
      '3',
      '--rateLimit',
      '{"perSecond":2.5,"burst":4}',
    ]);
    expect(data).toMatchObject({
      key: 'typed',
      isEnabled: true,
      executionType: 2,
      maxConcurrency: 3,
      rateLimit: { perSecond: 2.5, burst: 4 },
    });
  });

  it('takes a value from a file and from standard input', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'script.js');
      writeFileSync(path, '// two lines\nreturn "äöü";\n');
      const flags = ['--isEnabled', 'false', '--path', '/webhooks/filed', '--executionCode', `@${path}`];
      const data = await dataOf(
        [...create, '--key', 'filed', ...flags, '--bodySchema', '-'],
        '{"type":"object"}',
      );
      expect(data).toMatchObject({
        isEnabled: false,
        executionCode: '// two lines\nreturn "äöü";\n',
        bodySchema: { type: 'object' },
      });
    });
  });

  it('takes all fields as one object, over which single flags win', async () => {
    const fields = { key: 'data', description: 'x', isEnabled: true, action: 'GET', executionType: 2 };
    const text = JSON.stringify({ ...fields, path: '/webhooks/data', executionCode: 'return 2;' });
    const flags = ['CreateWebHookConfigCommand', '--data', '-', '--description', '@@home'];
    expect(await dataOf(flags, text)).toMatchObject({ key: 'data', description: '@home' });
  });

  it('gives lists of texts by repetition, and any other value as JSON or as the text it is', async () => {
    const secret = [
      'SetSecretCommand',
      '--name',
      'ONE',
      '--configKeys',
      'typed',
      '--configKeys',
      'data',
      '--value',
      '-',
    ];
    expect(await dataOf(secret, 'a value of some length')).toMatchObject({ configKeys: ['typed', 'data'] });
    const event = ['PublishEventCommand', '--type', 'some.thing', '--payload', '{"n":1}'];
    expect(await dataOf(event)).toMatchObject({ payload: { n: 1 } });
  });

  it('lets a field win over a flag of its own name', async () => {
    const url = `${signalbox.url}/health/live`;
    expect(await dataOf(['SendHttpRequestCommand', '--method', 'GET', '--url', url])).toMatchObject({
      status: 200,
    });
  });

  it('says what the server says, and ends with 1', async () => {
    const end = await cmd(['CreateWebHookConfigCommand', '--key', 'x', '--isEnabled', 'true']);
    expect(end).toMatchObject({ code: 1, stdout: '' });
    expect(end.stderr).toContain('Validation failed (bus.validation-failed)\n  Description is required\n');
  });

  it.each([
    [['GetWebHookConfigList'], 'Did you mean GetWebHookConfigListQuery?'],
    [['ActivateWebHookConfigCommand', '--di', '1'], 'Did you mean --id?'],
    [['ActivateWebHookConfigCommand', '--id', 'one'], '--id takes a whole number, not "one"'],
    [['ActivateWebHookConfigCommand', '--id', '1', '--id', '2'], '--id is given 2 times'],
    [['ActivateWebHookConfigCommand', '--id'], '--id needs a value'],
    [['CreateWebHookConfigCommand', '--isEnabled', 'maybe'], '--isEnabled takes true or false, not "maybe"'],
    [['CreateWebHookConfigCommand', '--retry', '{'], '--retry takes JSON'],
    [['CreateWebHookConfigCommand', '--retry', '@no-such-file'], '--retry @no-such-file cannot be read'],
    [['GetWebHookConfigListQuery', '--data', '[]'], '--data must be a JSON object, not an array'],
    [['GetWebHookConfigListQuery', '--output', 'xml'], '--output must be one of json, yaml, table'],
    [[], 'Which command?'],
  ])('says of %j what is wrong with it, and ends with 2', async (args, sentence) => {
    const end = await cmd(args);
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toContain(sentence);
  });

  it('lists what there is', async () => {
    const { code, stdout } = await cmd(['--list']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^SetSecretCommand +command +secrets:write$/m);
    expect(await dataOf(['--list', '--output', 'json'])).toContainEqual({
      $type: 'SetSecretCommand',
      kind: 'command',
      permission: 'secrets:write',
    });
  });

  it('shows of each what the catalogue says, with the example of the API docs', async () => {
    const { stdout } = await cmd(['ReplayWebHookExecutionsCommand', '--help']);
    expect(stdout).toContain(
      'ReplayWebHookExecutionsCommand: a command that needs the permission executions:replay.',
    );
    expect(stdout).toMatch(/^ {2}--limit <whole number> +default 100, 1 to 1000$/m);
    expect(stdout).toContain(
      'Example:\n  signalbox cmd ReplayWebHookExecutionsCommand --key order-paid --status dead',
    );
  });

  it('prints a table and YAML where somebody wants to read', async () => {
    const table = await cmd(['GetWebHookConfigListQuery', '--search', 'typed', '--output', 'table']);
    expect(table.stdout).toMatch(/^id +key +description/);
    const yaml = await cmd(['LookupWebHookByKeyCommand', '--key', 'filed', '--output', 'yaml']);
    expect(yaml.stdout).toContain('executionCode: |\n  // two lines\n  return "äöü";\n');
  });

  it('hands no control character of a stranger on to the terminal, and changes no value by that', async () => {
    const description = 'red \u001b[31m\u009b1m \u202e txt\u007f';
    await signalbox.createConfig('escapes', { description });
    for (const output of ['json', 'yaml', 'table']) {
      const { stdout } = await cmd(['LookupWebHookByKeyCommand', '--key', 'escapes', '--output', output]);
      expect(stdout).toMatch(/red \\(u001b|e)\[31m\\u009b1m/);
      // oxlint-disable-next-line no-control-regex
      expect(stdout).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
    }
    expect(await dataOf(['LookupWebHookByKeyCommand', '--key', 'escapes'])).toMatchObject({ description });
  });

  it('runs on the Node that a shell finds outside of npm too', async () => {
    const path = process.env['PATH']!.split(':')
      .filter((folder) => !folder.includes('node_modules'))
      .join(':');
    const node = execFileSync('/bin/sh', ['-c', 'command -v node'], {
      env: { PATH: path },
      encoding: 'utf8',
    }).trim();
    expect(dirname(node)).not.toContain('node_modules');
    const end = await runClient(['cmd', 'GetWebHookConfigListQuery'], { env: adminOf(signalbox), node });
    expect(end).toMatchObject({ code: 0, stderr: '' });
  });
});
