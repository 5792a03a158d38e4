import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';
import { adminOf, runClient } from './run-client.ts';

let signalbox: Signalbox;
beforeAll(async () => {
  signalbox = await Signalbox.start();
});
afterAll(() => signalbox.stop());

function replay(args: string[]) {
  return runClient(['replay', ...args], { env: adminOf(signalbox) });
}

async function calls(key: string, count: number): Promise<string[]> {
  await signalbox.createConfig(key, { executionCode: 'throw new Error("no");' });
  const ids: string[] = [];
  while (ids.length < count) ids.push((await signalbox.call(key, {})).headers.get('x-execution-id')!);
  return ids;
}

async function replaysOf(key: string): Promise<string[]> {
  const fields = { key, pageSize: 100 };
  const { body } = await signalbox.command<{ items: { replayOf: string | null }[] }>(
    'GetWebHookExecutionListQuery',
    fields,
  );
  return body.data.items.flatMap(({ replayOf }) => replayOf ?? []);
}

describe('signalbox replay', () => {
  it('runs the named executions once more and names the new ones', async () => {
    const [first, second] = await calls('named', 2);
    const end = await replay(['--yes', first!, second!]);
    expect(end).toMatchObject({ code: 0, stderr: '' });
    expect(end.stdout).toMatch(new RegExp(`^${first} → exe_\\S+\n${second} → exe_\\S+\n$`));
    expect((await replaysOf('named')).sort()).toEqual([first, second].sort());
  });

  it('shows what it would run and runs nothing where nobody can be asked', async () => {
    const [first] = await calls('asked', 3);
    for (const args of [[first!], ['--key', 'asked', '--from', '1h']]) {
      const end = await replay(args);
      expect(end.code).toBe(2);
      expect(end.stdout).toMatch(new RegExp(`failed .*script\\.threw {2}${first}\n`));
      expect(end.stderr).toMatch(/Run (1 call|3 calls) once more\? .* say --yes\n$/);
    }
    expect(await replaysOf('asked')).toEqual([]);
  });

  it('runs what matches, up to a limit, and leaves replays out', async () => {
    const ids = await calls('many', 3);
    const limited = await replay(['--key', 'many', '--status', 'failed', '--limit', '2', '--yes']);
    expect(limited).toMatchObject({ code: 0, stderr: expect.stringMatching(/^2 replayed, 0 left out/) });
    expect((await replaysOf('many')).sort()).toEqual(ids.slice(0, 2).sort());
    const isOver = async () => ((await replaysOf('many')).length === 2 ? true : null);
    await until(isOver);
    const all = await replay(['--key', 'many', '--from', '1h', '--yes']);
    expect(all.stderr).toMatch(/^3 replayed, 2 left out/);
    expect((await replay(['--key', 'unknown'])).stdout).toBe('Nothing matches.\n');
  });

  it('tells of those that the server refuses and runs the others', async () => {
    const [id] = await calls('mixed', 1);
    const end = await replay(['--yes', 'exe_00000000-0000-7000-8000-000000000000', id!]);
    expect(end).toMatchObject({ code: 1, stdout: expect.stringMatching(new RegExp(`^${id} → exe_`)) });
    expect(end.stderr).toContain('(execution.not-found)\n1 of 2 were not replayed\n');
  });
});
