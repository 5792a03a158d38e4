import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';
import { adminOf, inFolder, runClient } from './run-client.ts';

let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start();
});
afterAll(() => signalbox.stop());

interface View extends Record<string, unknown> {
  id: number;
  version: number;
}

async function view(key: string): Promise<View> {
  return (await signalbox.command<View>('LookupWebHookByKeyCommand', { key })).body.data;
}

function yaml(key: string, more = ''): string {
  const head = `key: ${key}\ndescription: d\nisEnabled: true\naction: POST\nexecutionType: 2\nexecutionCode: return 1;\n`;
  return `${head}${/^path:/m.test(more) ? '' : `path: /webhooks/${key}\n`}${more}`;
}

/** Applies files of these texts. */
async function applied(files: Record<string, string>, args: string[] = [], env: Record<string, string> = {}) {
  let end = { code: null as number | null, stdout: '', stderr: '' };
  await inFolder(async (cwd) => {
    mkdirSync(join(cwd, 'configs'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, 'configs', name), text);
    end = await runClient(['apply', '--yes', ...args], { cwd, env: { ...adminOf(signalbox), ...env } });
  });
  return end;
}

const nothing = 'Nothing differs: nothing to apply.\n';

describe('signalbox apply', () => {
  it('finds no difference in what the server only writes otherwise: defaults, order, capitals of headers', async () => {
    const verification =
      'verification:\n  secrets: [{env: S1}]\n  timestampHeader: X-Time\n  algorithm: sha1\n  name: X-Sig\n' +
      '  signedContent: "{timestamp}.{body}"\n  scheme: hmac\n';
    const files = {
      'a.yaml': yaml('terse', verification),
      'b.yml': yaml('terse-async', 'responseMode: async\nretry: {}\nidempotency: {key: =1}\nbodySchema:\n'),
      'c.yaml': yaml('terse-sync', 'responseMode: sync\nbodySchema: {required: [a], type: object}\n'),
    };
    expect(await applied(files, [], { S1: 'one' })).toMatchObject({ code: 0, stderr: '' });
    expect(await applied(files)).toEqual({
      code: 0,
      stdout: nothing,
      stderr: expect.not.stringContaining('terse'),
    });
    expect((await view('terse')).version).toBe(1);
  });

  it('keeps secrets, sets them where there are none to keep and where it is told to', async () => {
    const github = (secrets: string) => ({
      'a.yaml': yaml('secrets', `verification:\n  scheme: preset\n  name: github\n  secrets: [${secrets}]\n`),
    });
    const missing = await applied(github('{env: S1}, {env: S2}'), [], { S1: 'one' });
    expect(missing).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('configs/a.yaml: set S2 to the secret'),
    });
    await applied(github('{env: S1}'), [], { S1: 'one' });
    expect((await applied(github('{env: S1}'))).stdout).toBe(nothing);
    const rotated = await applied(github('{env: S2}, {env: S1}'), ['--set-secrets'], {
      S1: 'one-and-only',
      S2: 'two-of-a-kind',
    });
    expect(rotated.stdout).toContain('+  secrets:\n+    - env: S2\n+    - env: S1\n');
    expect(rotated.stdout + rotated.stderr).not.toMatch(/one-and-only|two-of-a-kind/);
    expect((await view('secrets')).version).toBe(2);
    const token = yaml('secrets', 'verification: {scheme: token, in: header, name: X-T}\n');
    const unnamed = await applied({ 'a.yaml': token });
    expect(unnamed).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('verification.secrets is missing'),
    });
  });

  it('frees addresses before it takes them, in whatever order the files are', async () => {
    await applied({ 'a.yaml': yaml('chair-1'), 'b.yaml': yaml('chair-2'), 'c.yaml': yaml('chair-3') });
    const moved = await applied({
      'a.yaml': yaml('chair-1', 'path: /webhooks/chair-2\n'),
      'b.yaml': yaml('chair-2', 'path: /webhooks/chair-3\n'),
      'c.yaml': yaml('chair-3', 'path: /webhooks/chair-4\n'),
    });
    expect(moved).toMatchObject({ code: 0, stdout: expect.stringContaining('updated chair-1') });
    expect((await view('chair-1'))['path']).toBe('/webhooks/chair-2');
  });

  it('tells of each one that the server refuses, applies the others and ends with 1', async () => {
    const end = await applied({
      'a.yaml': yaml('refused', 'timeoutMs: 0\n'),
      'b.yaml': yaml('accepted'),
      'c.yaml': yaml('in-the-way', 'path: /webhooks/accepted\n'),
    });
    expect(end.code).toBe(1);
    expect(end.stdout).toContain('created accepted');
    expect(end.stderr).toContain('refused: Validation failed (bus.validation-failed)\n  TimeoutMs');
    expect(end.stderr).toContain('in-the-way: ');
    expect(end.stderr).toContain('2 of 3 changes not applied');
  });

  it('overwrites nothing that somebody else changed since it was compared', async () => {
    await applied({ 'a.yaml': yaml('contested') });
    // Stands between the client and the server, and is quicker than whoever reads the differences.
    const between = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', async () => {
        const { $type, ...fields } = JSON.parse(body) as Record<string, unknown>;
        const answer = await signalbox.command($type as string, fields);
        if ($type === 'LookupWebHookByKeyCommand')
          await signalbox.command('DeactivateWebHookConfigCommand', { id: (await view('contested')).id });
        response.writeHead(answer.status).end(JSON.stringify(answer.body));
      });
    });
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
    const SIGNALBOX_URL = `http://127.0.0.1:${(between.address() as AddressInfo).port}`;
    const end = await applied({ 'a.yaml': yaml('contested', 'maxConcurrency: 3\n') }, [], { SIGNALBOX_URL });
    between.closeAllConnections();
    between.close();
    expect(end.code).toBe(1);
    expect(end.stderr).toContain('Somebody else changed it since it was compared: run signalbox apply again');
    expect(await view('contested')).toMatchObject({ version: 1, isEnabled: false, maxConcurrency: null });
  });

  it('leaves drafts alone', async () => {
    await applied({ 'a.yaml': yaml('drafted') });
    const { id } = await view('drafted');
    const draft = { description: 'draft', isEnabled: true, path: '/webhooks/drafted', action: 'POST' };
    await signalbox.command('SaveWebHookConfigDraftCommand', {
      id,
      ...draft,
      executionType: 2,
      executionCode: 'return 2;',
    });
    expect((await applied({ 'a.yaml': yaml('drafted') })).stdout).toBe(nothing);
    await applied({ 'a.yaml': yaml('drafted', 'maxConcurrency: 3\n') });
    expect(await view('drafted')).toMatchObject({ hasDraft: true, maxConcurrency: 3, version: 2 });
    expect((await signalbox.command('GetWebHookConfigByIdQuery', { id })).body.data['draft']).toMatchObject({
      description: 'draft',
    });
  });
});

const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
for (let at = 1; at < 9; at++) {
  const alias = `*${String.fromCharCode(96 + at)}`;
  bomb.push(
    `${String.fromCharCode(97 + at)}: &${String.fromCharCode(97 + at)} [${Array(10).fill(alias).join(', ')}]`,
  );
}

describe('A file that signalbox apply reads', () => {
  it.each<[string, Record<string, string>, string]>([
    [
      'an unknown field',
      { 'a.yaml': yaml('x', 'isEnable: true\n') },
      'configs/a.yaml:8: unknown field "isEnable"; did you mean "isEnabled"?',
    ],
    [
      'what only the server says',
      { 'a.yaml': yaml('x', 'version: 3\n') },
      'configs/a.yaml:8: unknown field "version"',
    ],
    [
      'an unknown field far inside',
      { 'a.yaml': yaml('x', 'commandChain:\n  - commandName: A\n    compensation:\n      commandNam: B\n') },
      'configs/a.yaml:11: unknown field "commandNam"',
    ],
    [
      'an unknown setting of a scheme',
      { 'a.yaml': yaml('x', 'verification:\n  scheme: basic\n  user: me\n') },
      'configs/a.yaml:10: unknown field "user"',
    ],
    [
      'a secret',
      { 'a.yaml': yaml('x', 'verification:\n  scheme: basic\n  username: me\n  secrets: [hush]\n') },
      'configs/a.yaml:11: verification.secrets names one or two variables',
    ],
    ['a field twice', { 'a.yaml': yaml('x', 'key: y\n') }, 'configs/a.yaml:8: Map keys must be unique'],
    ['broken YAML', { 'a.yaml': 'key: "x\n' }, 'configs/a.yaml:2: Missing closing "quote'],
    ['a tag', { 'a.yaml': yaml('x', 'bodySchema: !!js/function "x"\n') }, 'configs/a.yaml:8: Unresolved tag'],
    ['two documents', { 'a.yaml': `${yaml('x')}---\n${yaml('y')}` }, 'holds more than one document'],
    ['nothing', { 'a.yaml': '' }, 'configs/a.yaml: is empty'],
    ['no configuration', { 'a.yaml': '[1]' }, 'must be a configuration'],
    ['no key', { 'a.yaml': 'description: x\n' }, 'key is required'],
    ['no number of JSON', { 'a.yaml': yaml('x', 'timeoutMs: .inf\n') }, 'Infinity is no number'],
    [
      'the key of another one',
      { 'a.yaml': yaml('x'), 'b.yml': yaml('x') },
      'configs/b.yml: has the key "x", as configs/a.yaml has',
    ],
    [
      'aliases that grow without bounds',
      { 'a.yaml': `${yaml('x')}bodySchema:\n  ${bomb.join('\n  ')}\n` },
      'Excessive alias count',
    ],
    [
      'nesting without an end',
      { 'a.yaml': yaml('x', `bodySchema: ${'['.repeat(100_000)}`) },
      'configs/a.yaml',
    ],
  ])(
    'may not have %s: it is refused by file and line, and nothing is applied',
    async (_, files, sentence) => {
      const end = await applied({ ...files, 'good.yaml': yaml('never-applied') });
      expect(end).toMatchObject({ code: 2, stdout: '' });
      expect(end.stderr).toContain(sentence);
      expect(end.stderr).not.toMatch(/hush| {4}at /);
      expect((await signalbox.command('LookupWebHookByKeyCommand', { key: 'never-applied' })).status).toBe(
        404,
      );
    },
  );

  it('has to be readable, and is not written where that is not possible', async () => {
    await inFolder(async (cwd) => {
      symlinkSync(join(cwd, 'nowhere'), join(cwd, 'gone.yaml'));
      const gone = await runClient(['apply', '--dir', cwd, '--yes'], { env: adminOf(signalbox) });
      expect(gone).toMatchObject({ code: 2, stderr: expect.stringMatching(/gone\.yaml: ENOENT/) });
      symlinkSync(join(cwd, 'nowhere'), join(cwd, 'link'));
      const unwritable = await runClient(['export', '--dir', join(cwd, 'link')], { env: adminOf(signalbox) });
      expect(unwritable).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/cannot be written: (EEXIST|ENOENT)/),
      });
    });
  });

  it('has to be in a folder that there is', async () => {
    const end = await runClient(['apply', '--dir', 'nowhere'], { env: adminOf(signalbox) });
    expect(end).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('The folder nowhere cannot be read'),
    });
  });
});
