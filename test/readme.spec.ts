import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from './support/free-port.ts';

const run = promisify(execFile);
const root = new URL('..', import.meta.url).pathname;
const readme = readFileSync(join(root, 'README.md'), 'utf8');

interface Step {
  command: string;
  output: string;
}

/** The commands of all `console` blocks with what the README says they print. */
function tour(): Step[] {
  const steps: Step[] = [];
  for (const [, block] of readme.matchAll(/```console\n([\s\S]*?)```/g)) {
    for (const line of block!.split('\n').slice(0, -1)) {
      if (line.startsWith('$ ')) steps.push({ command: line.slice(2), output: '' });
      else if (line.startsWith('> ')) steps.at(-1)!.command += `\n${line.slice(2)}`;
      else steps.at(-1)!.output += `${line}\n`;
    }
  }
  return steps;
}

/** What differs from run to run, made the same. */
function timeless(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<time>')
    .replaceAll(/"durationMs":[\d.]+/g, '"durationMs":<ms>')
    .trim();
}

function neutral(text: string): string {
  return text.replaceAll(/admin \/ \S+/g, 'admin / <password>').trim();
}

describe('the README', () => {
  let child: ChildProcess;
  let folder: string;
  let port: number;
  let output = '';

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'signalbox-readme-'));
    port = await freePort();
    // As the first command starts it: nothing set but the port and the place of the data.
    child = spawn(process.execPath, [join(root, 'dist/main.js')], {
      cwd: folder,
      env: { PATH: process.env['PATH'], PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error(output)));
      for (const stream of [child.stdout!, child.stderr!]) {
        stream.on('data', (chunk: Buffer) => {
          output += chunk.toString();
          if (output.includes('-d \'{"name":"Ada"}\'\n')) resolve();
        });
      }
    });
  });

  afterAll(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows what the first command prints', () => {
    const [, shown] = /```text\n(Signalbox is ready[\s\S]*?)```/.exec(readme)!;
    expect(
      neutral(output.slice(output.indexOf('Signalbox is ready.')).replaceAll(String(port), '3000')),
    ).toBe(neutral(shown!));
  });

  it('shows what a refused start prints', async () => {
    const [, shown] = /```text\n(Signalbox cannot start[\s\S]*?)```/.exec(readme)!;
    const refused = run(process.execPath, [join(root, 'dist/main.js')], {
      env: { PORT: 'many' },
      cwd: folder,
    });
    await expect(refused).rejects.toMatchObject({ code: 1, stderr: shown });
  });

  it('has a tour that prints, step by step, what it says', async () => {
    const password = /admin \/ (\S+)/.exec(output)![1]!;
    const steps = tour();
    expect(steps.length).toBeGreaterThan(8);
    // One shell for all, as a reader has it; a marker parts the outputs.
    const script = steps
      .map(({ command }) =>
        command.startsWith('PASSWORD=')
          ? `PASSWORD='${password}'`
          : command.replaceAll('127.0.0.1:3000', `127.0.0.1:${port}`),
      )
      .join("\nprintf '\\n<next>\\n'\n");
    const { stdout } = await run('bash', ['-euc', script]);
    const outputs = stdout.replaceAll(String(port), '3000').split('\n<next>\n');
    for (const [index, step] of steps.entries()) {
      expect({ [step.command]: timeless(outputs[index]!) }).toEqual({
        [step.command]: timeless(step.output),
      });
    }
  });
});
