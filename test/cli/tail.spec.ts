import type { ChildProcess } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';
import { adminOf, runClient, startClient } from './run-client.ts';

let signalbox: Signalbox;
const cleanUps: (() => void)[] = [];

beforeAll(async () => {
  signalbox = await Signalbox.start();
  await signalbox.createConfig('good');
  await signalbox.createConfig('bad', { executionCode: 'throw new Error("no");' });
});
afterAll(() => signalbox.stop());
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

interface Tail {
  child: ChildProcess;
  stdout: string;
  stderr: string;
}

function startTail(args: string[], env: Record<string, string>): Tail {
  const child = startClient(['tail', ...args], { env });
  cleanUps.push(() => child.kill('SIGKILL'));
  const tail = { child, stdout: '', stderr: '' };
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (tail.stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (tail.stderr += text));
  return tail;
}

async function following(args: string[]): Promise<Tail> {
  const tail = startTail(args, adminOf(signalbox));
  await until(async () => (tail.stderr.includes('Following') ? true : null));
  return tail;
}

function untilPrinted(tail: Tail, pattern: RegExp): Promise<string> {
  return until(async () => pattern.exec(tail.stdout)?.[0] ?? null);
}

/** An execution as the stream shows it. */
function execution(id: string, path: string): string {
  const shown = { id, key: 'k', method: 'POST', path, status: 'succeeded', code: null, answerStatus: 200 };
  return JSON.stringify({ ...shown, receivedAt: 't', finishedAt: 't', durationMs: 1, attempt: 1 });
}

describe('signalbox tail', () => {
  it('prints a line for each change of an execution', async () => {
    const tail = await following([]);
    const id = (await signalbox.call('good', {})).headers.get('x-execution-id')!;
    const line = await untilPrinted(tail, new RegExp(`^.* succeeded .*${id}$`, 'm'));
    expect(line).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z {2}succeeded {2}200 {2}good {2}POST \/api\/webhooks\/dynamic\/good {2}[\d.]+ ms {2}exe_/,
    );
  });

  it('chooses by key, by status and what has failed', async () => {
    const [byKey, byStatus, failed] = await Promise.all([
      following(['--key', 'bad']),
      following(['--status', 'succeeded']),
      following(['--failed', '--json']),
    ]);
    await signalbox.call('good', {});
    await signalbox.call('bad', {});
    await signalbox.call('good', {});
    await untilPrinted(byKey, / failed .*script\.threw/);
    await untilPrinted(byStatus, /succeeded[^]*succeeded/);
    await untilPrinted(failed, /\n/);
    expect(byKey.stdout).not.toContain('good');
    expect(byStatus.stdout).not.toMatch(/received|failed/);
    expect(JSON.parse(failed.stdout)).toMatchObject({ key: 'bad', status: 'failed', code: 'script.threw' });
  });

  it('ends with the sentences of a server that refuses it', async () => {
    expect(await runClient(['tail', '--status', 'odd'], { env: adminOf(signalbox) })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Status must be one of received'),
    });
    const env = { ...adminOf(signalbox), SIGNALBOX_API_KEY: 'wrong' };
    expect(await runClient(['tail'], { env })).toMatchObject({ code: 1 });
  });

  it('goes on after a cut where it was, and says so; strangers do not write on the terminal', async () => {
    const asked: IncomingMessage['headers'][] = [];
    const answers: ((response: ServerResponse) => void)[] = [
      (response) => {
        // The second event is cut in the middle: it comes again whole.
        response.write(
          `retry: 10\nid: 1\nevent: execution\ndata: ${execution('exe_1', '/\u009b31m\u202e\n/x')}\n\n`,
        );
        response.write('id: 2\nevent: execution\ndata: {"id":');
        setImmediate(() => response.destroy());
      },
      (response) =>
        response.write(
          `id: 2\nevent: execution\ndata: ${execution('exe_2', '/two')}\n\nevent: reset\ndata: {}\n\n`,
        ),
    ];
    const server = createServer((request, response) => {
      asked.push(request.headers);
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      answers.shift()?.(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanUps.push(
      () => server.closeAllConnections(),
      () => server.close(),
    );
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const tail = startTail([], { SIGNALBOX_URL: url, SIGNALBOX_API_KEY: 'k' });
    await until(async () => (tail.stderr.includes('not kept any more') ? true : null));
    expect(asked.map((headers) => headers['last-event-id'])).toEqual([undefined, '1']);
    expect(tail.stderr).toMatch(/trying again in [^]*Connected again/);
    expect(tail.stdout.trimEnd().split('\n')).toEqual([
      String.raw`t  succeeded  200  k  POST /\u009b31m\u202e\n/x  1 ms  exe_1`,
      't  succeeded  200  k  POST /two  1 ms  exe_2',
    ]);
  });
});
