import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';
import { adminOf, type ClientOptions, inFolder, runClient } from './run-client.ts';

let first: Signalbox;
let second: Signalbox;

beforeAll(async () => {
  [first, second] = await Promise.all([Signalbox.start(), Signalbox.start()]);
});
afterAll(() => Promise.all([first.stop(), second.stop()]));

interface View extends Record<string, unknown> {
  id: number;
  key: string;
  version: number;
}

async function configsOf(server: Signalbox): Promise<View[]> {
  return (await server.command<View[]>('LookupWebHookByKeyCommand')).body.data;
}

beforeEach(async () => {
  for (const server of [first, second])
    for (const { id } of await configsOf(server)) await server.command('DeleteWebHookConfigCommand', { id });
});

function run(server: Signalbox, cwd: string, args: string[], options: ClientOptions = {}) {
  return runClient(args, { cwd, ...options, env: { ...adminOf(server), ...options.env } });
}

/** What a configuration is, without what each server gives it. */
function contents(configs: View[]): Record<string, unknown>[] {
  const given = ['id', 'version', 'ownerId', 'createdAt', 'updatedAt'];
  return configs
    .map((config) => Object.fromEntries(Object.entries(config).filter(([name]) => !given.includes(name))))
    .sort((a, b) => (String(a['key']) < String(b['key']) ? -1 : 1));
}

const sum = `// adds up
const total = context.body.items.reduce((sum, item) => sum + item, 0);

return { total };
`;

/** One of each kind, with what is hard to write in YAML. */
async function seed(server: Signalbox): Promise<void> {
  await server.createConfig('sum', {
    description: 'Adds up: an "order" # not a comment',
    executionCode: sum,
    verification: { scheme: 'hmac', name: 'X-Sig', algorithm: 'sha256', secrets: ['top secret'] },
    bodySchema: {
      type: 'object',
      required: ['items'],
      properties: { 'on: off': { const: 'no' }, items: {} },
    },
    idempotency: { key: '=request.query.id' },
    rateLimit: { perSecond: 100.5, burst: 200 },
  });
  await server.createConfig('SUM', {
    path: '/webhooks/capitals/:id',
    executionCode: 'return "a\\r\\n";\r\n// \u0085 \u001b[31m\n',
  });
  await server.createConfig('chain', {
    executionType: 1,
    responseMode: 'async',
    retry: { maxAttempts: 2 },
    commandChain: [
      {
        name: 'one',
        commandName: 'PublishEventCommand',
        input: { type: 'a.b', payload: { n: '0123', yes: 'yes' } },
      },
      {
        commandName: 'PublishEventCommand',
        input: '={type: "c.d", payload: request.body}',
        condition: '=false',
      },
    ],
  });
  await server.createConfig('off', {
    isEnabled: false,
    executionType: 0,
    commandName: 'PublishEventCommand',
    allowableIPs: '10.0.0.0/8, ::1',
  });
}

async function answersOf(server: Signalbox): Promise<unknown[]> {
  const { createHmac } = await import('node:crypto');
  const body = { items: [1, 2, 39] };
  const signature = createHmac('sha256', 'top secret').update(JSON.stringify(body)).digest('hex');
  const calls = [
    server.call('sum', body, { headers: { 'X-Sig': signature } }),
    server.call('sum', body),
    server.call('SUM', body),
    server.call('chain', body),
    server.call('off', body),
  ];
  return Promise.all(
    calls.map(async (call) => {
      const response = await call;
      const text = await response.text();
      return [response.status, text.replaceAll(/exe_[0-9a-f-]{36}/g, 'exe')];
    }),
  );
}

const SIGNALBOX_SECRET_SUM = 'top secret';

describe('signalbox export and apply', () => {
  it('make an empty installation behave as the exported one, and change nothing the second time', async () => {
    await seed(first);
    await inFolder(async (cwd) => {
      expect(await run(first, cwd, ['export'])).toMatchObject({
        code: 0,
        stderr: '4 written, 0 as they were\n',
      });
      const applied = await run(second, cwd, ['apply', '--yes'], { env: { SIGNALBOX_SECRET_SUM } });
      expect(applied).toMatchObject({ code: 0, stderr: '' });
      expect(contents(await configsOf(second))).toEqual(contents(await configsOf(first)));
      const answers = await answersOf(first);
      expect(await answersOf(second)).toEqual(answers);
      expect(answers[0]).toEqual([200, expect.stringContaining('"total":42')]);
      expect(answers[1]).toEqual([401, expect.any(String)]);

      const before = await configsOf(second);
      expect(await run(second, cwd, ['apply', '--yes'])).toEqual({
        code: 0,
        stdout: 'Nothing differs: nothing to apply.\n',
        stderr: '',
      });
      expect(await configsOf(second)).toEqual(before);
      expect((await run(second, cwd, ['export'])).stderr).toBe('0 written, 4 as they were\n');
    });
  });

  it('writes scripts as blocks, no secret, nothing of one server, and no control character', async () => {
    await seed(first);
    await inFolder(async (cwd) => {
      await run(first, cwd, ['export']);
      const text = readFileSync(join(cwd, 'configs/sum~09f5ffef.yaml'), 'utf8');
      expect(text).toContain(`executionCode: |\n${sum.replaceAll(/^(?=.)/gm, '  ')}`);
      expect(text).toContain('  secrets:\n    - env: SIGNALBOX_SECRET_SUM\n');
      const all = readdirSync(join(cwd, 'configs')).map((name) =>
        readFileSync(join(cwd, 'configs', name), 'utf8'),
      );
      expect(all.join('')).not.toMatch(
        /top secret|^(id|version|ownerId|createdAt|updatedAt|hasDraft):|hasSecret/m,
      );
      // oxlint-disable-next-line no-control-regex
      expect(all.join('')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    });
  });

  it('gives two keys that differ in capitals only two files on every file system', async () => {
    await seed(first);
    await inFolder(async (cwd) => {
      await run(first, cwd, ['export', '--dir', 'hooks']);
      const names = readdirSync(join(cwd, 'hooks'));
      expect(names.sort()).toEqual(['SUM.yaml', 'chain.yaml', 'off.yaml', 'sum~09f5ffef.yaml']);
      expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(4);
    });
  });

  it('shows what it would do, and does it only when it is agreed to', async () => {
    await seed(first);
    await inFolder(async (cwd) => {
      await run(first, cwd, ['export']);
      const path = join(cwd, 'configs/off.yaml');
      writeFileSync(path, readFileSync(path, 'utf8').replace('isEnabled: false', '# soon\nisEnabled: true'));
      const before = await configsOf(first);
      const dry = await run(first, cwd, ['apply', '--dry-run']);
      expect(dry).toMatchObject({ code: 0, stderr: '' });
      expect(dry.stdout).toContain('--- server/off\n+++ configs/off.yaml\n');
      expect(dry.stdout).toContain('\n-isEnabled: false\n+isEnabled: true\n');
      expect(dry.stdout).toContain('1 change: 1 to update');
      const unasked = await run(first, cwd, ['apply']);
      expect(unasked.code).toBe(2);
      expect(unasked.stderr).toContain('Nobody can be asked here: say --yes');
      expect(await configsOf(first)).toEqual(before);
      expect((await run(first, cwd, ['apply', '--yes'])).stdout).toContain('updated off');
      expect(await configsOf(first)).toContainEqual(
        expect.objectContaining({ key: 'off', isEnabled: true, version: 2 }),
      );
      // It says what the server has: its comment stays.
      await run(first, cwd, ['export']);
      expect(readFileSync(path, 'utf8')).toContain('# soon');
    });
  });

  it('deletes only with --prune, on the server and in the folder, and never all for want of files', async () => {
    await seed(first);
    await inFolder(async (cwd) => {
      mkdirSync(join(cwd, 'configs'));
      const empty = await run(first, cwd, ['apply', '--prune', '--yes']);
      expect(empty).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('would delete every configuration'),
      });
      await first.createConfig('extra');
      await run(second, cwd, ['apply', '--yes']);
      await run(first, cwd, ['export']);
      await second.createConfig('other');
      await run(second, cwd, ['apply', '--yes'], { env: { SIGNALBOX_SECRET_SUM } });
      expect((await configsOf(second)).map(({ key }) => key)).toContain('other');
      const pruned = await run(second, cwd, ['apply', '--yes', '--prune']);
      expect(pruned.stdout).toContain('delete other\n--- server/other\n+++ /dev/null\n');
      expect((await configsOf(second)).map(({ key }) => key)).not.toContain('other');
      await first.command('DeleteWebHookConfigCommand', {
        id: (await configsOf(first)).find(({ key }) => key === 'extra')!.id,
      });
      expect((await run(first, cwd, ['export'])).stdout).toContain('not on the server: configs/extra.yaml');
      expect(existsSync(join(cwd, 'configs/extra.yaml'))).toBe(true);
      await run(first, cwd, ['export', '--prune']);
      expect(existsSync(join(cwd, 'configs/extra.yaml'))).toBe(false);
    });
  });
});
