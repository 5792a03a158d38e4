import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FaultPoint } from '../../src/platform/fault-points.ts';
import { scriptFields } from '../commands/support/config-shape.ts';
import { type CrashSite, startAgain, untilEnded } from './kill-rounds.ts';
import { Signalbox } from '../support/signalbox.ts';

interface Execution {
  id: string;
  status: string;
  replayOf: string | null;
  steps: object[];
  answer: { body: string } | null;
}

const WAIT_MS_MAX = 20_000;
let site: CrashSite;
let original: string;

beforeAll(async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'signalbox-replay-'));
  const signalbox = await Signalbox.start({ dataFolder });
  await signalbox.createConfig('kept', { executionCode: 'return "as saved";' });
  original = String((await signalbox.call('kept', { n: 1 })).headers.get('x-execution-id'));
  await signalbox.stop();
  site = { dataFolder, apiKey: signalbox.apiKey };
});
afterAll(() => rmSync(site.dataFolder, { recursive: true, force: true }));

/** The replays that there are, once all of them have ended. */
async function replaysOf(signalbox: Signalbox): Promise<Execution[]> {
  const end = Date.now() + WAIT_MS_MAX;
  for (;;) {
    const { body } = await signalbox.command<{ items: Execution[] }>('GetWebHookExecutionListQuery');
    const found = body.data.items.filter(({ replayOf }) => replayOf === original);
    if (found.every(({ status }) => !['received', 'running'].includes(status)))
      return await Promise.all(found.map(({ id }) => signalbox.execution<Execution>(id)));
    if (Date.now() > end) throw new Error(`Open: ${JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function eventsOf(signalbox: Signalbox, type: string): Promise<number> {
  const { body } = await signalbox.command<{ items: { type: string }[] }>('GetEventListQuery', {});
  return body.data.items.filter((event) => event.type === type).length;
}

const points: readonly FaultPoint[] = ['accepted.committed', 'call.recorded', 'commit.before'];

describe('a replay with another body and a configuration that is not saved', () => {
  it.each(points)('goes on after a crash at %s, once, with what it was asked for', async (point) => {
    const event = `replay.${point}`;
    const config = {
      ...scriptFields('kept'),
      executionCode: `return [doCmd('PublishEventCommand', { type: '${event}', payload: context.body }).success, context.body];`,
    };
    const armed = await startAgain(site, { NODE_ENV: 'test', SIGNALBOX_FAULT_POINT: point });
    const before = (await replaysOf(armed)).length;
    const fields = { id: original, body: { n: point }, config };
    await armed.command('ReplayWebHookExecutionCommand', fields).catch(() => undefined);
    await untilEnded(armed);
    expect(armed.output).toContain(`fault point ${point} reached`);
    const signalbox = await startAgain(site);
    const replays = await replaysOf(signalbox);
    expect(replays).toHaveLength(before + 1);
    expect(replays[0]).toMatchObject({ status: 'succeeded', steps: [{ name: 'PublishEventCommand' }] });
    expect(JSON.parse(replays[0]!.answer!.body)).toMatchObject({ data: [true, { n: point }] });
    expect(await eventsOf(signalbox, event)).toBe(1);
    await signalbox.stop();
  });
});
