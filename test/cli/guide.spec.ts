import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';
import { adminOf, inFolder } from './run-client.ts';

const main = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const guide = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

/** Each command of the `console` blocks with what the guide says it prints. */
const steps = [...guide.matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, block]) =>
  block!
    .split(/^\$ /m)
    .slice(1)
    .map((step) => ({
      command: step.slice(0, step.indexOf('\n')),
      output: step.slice(step.indexOf('\n') + 1).trim(),
    })),
);

let signalbox: Signalbox;
beforeAll(async () => {
  signalbox = await Signalbox.start();
});
afterAll(() => signalbox.stop());

describe('The guide to the command line', () => {
  it('shows what each of its commands really prints', async () => {
    expect(steps.length).toBeGreaterThan(7);
    await inFolder(async (cwd) => {
      const tour = steps.map(({ command }) => `${command} || true\necho '<next>'`).join('\n');
      const script = `exec 2>&1\nsignalbox() { '${process.execPath}' '${main}' "$@"; }\n${tour}`;
      const env = { PATH: process.env['PATH'], ...adminOf(signalbox) };
      const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd, env });
      const outputs = stdout.split('<next>\n').map((output) => output.replaceAll(/ +$/gm, '').trim());
      for (const [index, { command, output }] of steps.entries())
        expect({ [command]: outputs[index] }).toEqual({ [command]: output.replaceAll(/ +$/gm, '') });
    });
  });
});
