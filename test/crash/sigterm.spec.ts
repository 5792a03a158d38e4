import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';
import { aftermathOf, descendantsOf, openExecutions, outliving } from './aftermath.ts';
import { startAgain } from './kill-rounds.ts';
import { Load, prepareLoad } from './load.ts';
import { callElsewhere, slowServer } from './slow-server.ts';

const STOP_MS_MAX = 30_000;
/** Three seconds of waiting for somebody else, and some for ending. */
const SOON_MS = 12_000;

const env = { OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1', SCRIPT_TIMEOUT_MS: '1000' };

let dataFolder: string;
const opened: { close(): unknown }[] = [];

beforeEach(() => {
  dataFolder = mkdtempSync(join(tmpdir(), 'signalbox-stop-'));
});

afterEach(() => {
  for (const each of opened.splice(0)) each.close();
  rmSync(dataFolder, { recursive: true, force: true });
});

/** Asks the server to stop. @returns how it ended and after how many milliseconds. */
async function ended({ child }: Signalbox): Promise<{ code: number | null; ms: number }> {
  const began = performance.now();
  const exit = once(child, 'exit', { signal: AbortSignal.timeout(STOP_MS_MAX + 5_000) });
  child.kill('SIGTERM');
  const [code] = (await exit) as [number | null];
  return { code, ms: performance.now() - began };
}

/** A server with a script that calls elsewhere, called once, and at the moment waiting there. */
async function waitingElsewhere(answerAfterMs: number) {
  let calls = 0;
  // Only the first call is slow.
  const slow = await slowServer(() => sleep(++calls === 1 ? answerAfterMs : 0, undefined, { ref: false }));
  opened.push(slow);
  const signalbox = await Signalbox.start({ dataFolder, env });
  await signalbox.createConfig('elsewhere', {
    executionCode: callElsewhere,
  });
  const answer = signalbox.call('elsewhere', { method: 'GET', url: slow.url, timeoutMs: 60_000 }).then(
    async (response) => ({ status: response.status, text: await response.text() }),
    () => null,
  );
  await slow.called;
  return { signalbox, answer };
}

describe('a server asked to stop under load', () => {
  it('ends with 0 in time, with all that it acknowledged stored, no answer cut and no execution open', async () => {
    const signalbox = await Signalbox.start({ dataFolder });
    await prepareLoad(signalbox);
    const started = descendantsOf(signalbox.child.pid!);
    const load = new Load(signalbox, { name: 'load', callers: 20 });
    await load.untilNoted(100);
    const { code, ms } = await ended(signalbox);
    const report = await load.stop();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(STOP_MS_MAX);
    expect(report.noted.length).toBeGreaterThanOrEqual(100);
    expect(report.halfAnswers).toBe(0);
    const { faults, open, interrupted } = await aftermathOf(dataFolder, report);
    expect([...faults, ...open]).toEqual([]);
    expect(interrupted).toBe(0);
    expect(await outliving(started)).toEqual([]);
  }, 60_000);

  it('refuses who comes too late in words or not at all, never with a failure of its own', async () => {
    const signalbox = await Signalbox.start({ dataFolder });
    await prepareLoad(signalbox);
    const load = new Load(signalbox, { name: 'load', callers: 20 });
    await load.untilNoted(50);
    await ended(signalbox);
    const { refusals } = await load.stop();
    for (const { status, retryAfter } of refusals) {
      expect(status).toBe(503);
      expect(Number(retryAfter)).toBeGreaterThanOrEqual(1);
    }
  }, 60_000);

  it('does not mind being asked twice', async () => {
    const signalbox = await Signalbox.start({ dataFolder });
    await prepareLoad(signalbox);
    const load = new Load(signalbox, { name: 'load', callers: 20 });
    await load.untilNoted(50);
    signalbox.child.kill('SIGTERM');
    const { code } = await ended(signalbox);
    const report = await load.stop();
    expect(code).toBe(0);
    const { faults, open } = await aftermathOf(dataFolder, report);
    expect([...faults, ...open]).toEqual([]);
    expect(report.halfAnswers).toBe(0);
  }, 60_000);

  it('leaves nothing for the next start to mend', async () => {
    const signalbox = await Signalbox.start({ dataFolder });
    await prepareLoad(signalbox);
    const load = new Load(signalbox, { name: 'load', callers: 5 });
    await load.untilNoted(20);
    await ended(signalbox);
    await load.stop();
    expect(readdirSync(dataFolder).filter((name) => name.endsWith('-wal'))).toEqual([]);
    const again = await startAgain({ dataFolder, apiKey: signalbox.apiKey });
    expect(again.output).not.toContain('cut off');
    await again.stop();
  }, 60_000);
});

describe('a server asked to stop while a script waits for somebody else', () => {
  it('lets the script finish, answers its caller, stores the execution, and ends soon after that', async () => {
    const { signalbox, answer } = await waitingElsewhere(3_000);
    const { code, ms } = await ended(signalbox);
    expect(code).toBe(0);
    // Not at the end of its grace: its caller keeps the connection open, and has nothing more to send.
    expect(ms).toBeLessThan(SOON_MS);
    expect(await answer).toMatchObject({ status: 200, text: expect.stringContaining('at last') });
    const { executions } = await aftermathOf(dataFolder, { noted: [] });
    expect([...executions.values()]).toMatchObject([{ status: 'succeeded', answerStatus: 200 }]);
  }, 60_000);

  it('ends with 0 in time all the same when that takes too long, and goes on with the run after the next start', async () => {
    const { signalbox, answer } = await waitingElsewhere(120_000);
    const started = descendantsOf(signalbox.child.pid!);
    await sleep(50);
    const { code, ms } = await ended(signalbox);
    expect(code).toBe(0);
    expect(ms).toBeLessThan(STOP_MS_MAX);
    expect(await answer).toMatchObject({ status: 202 });
    expect(await outliving(started)).toEqual([]);
    const again = await startAgain({ dataFolder, apiKey: signalbox.apiKey }, env);
    expect(await openExecutions(dataFolder)).toEqual([]);
    await again.stop();
    const { executions } = await aftermathOf(dataFolder, { noted: [] });
    expect([...executions.values()]).toMatchObject([{ status: 'succeeded', answerStatus: 200 }]);
  }, 60_000);
});
