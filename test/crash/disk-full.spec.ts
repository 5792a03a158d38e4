import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { isPostgres } from '../support/database.ts';
import { Signalbox } from '../support/signalbox.ts';
import { type Aftermath, aftermathOf, openExecutions } from './aftermath.ts';
import { Load, type LoadReport, prepareLoad } from './load.ts';
import { badRefusals, type HealthProbe, probeHealth, untilReadyAgain } from './lock-round.ts';
import { type SmallDisk, smallDisk } from './small-disk.ts';

const CALLERS = 8;
const PADDING_BYTES = 20_000;
const REFUSALS_MIN = 40;

let disk: SmallDisk;
let signalbox: Signalbox;

beforeAll(async () => {
  // There the disk is another server's, which says the same: its refusals are those of `locked.spec.ts`.
  if (isPostgres) return;
  disk = smallDisk();
  signalbox = await Signalbox.start({ dataFolder: disk.folder, wrapper: disk.wrapper });
  await prepareLoad(signalbox);
}, 60_000);

afterAll(async () => {
  await signalbox?.stop();
  disk?.remove();
});

describe.skipIf(isPostgres)('when the disk fills up under load', () => {
  let report: LoadReport;
  let probes: HealthProbe[];
  let aftermath: Aftermath;

  beforeAll(async () => {
    const load = new Load(signalbox, { name: 'fill', callers: CALLERS, paddingBytes: PADDING_BYTES });
    const deadline = Date.now() + 30_000;
    while (load.report.refusals.length < REFUSALS_MIN && Date.now() < deadline) await sleep(20);
    probes = [];
    for (let n = 0; n < 10; n++) {
      probes.push(await probeHealth(signalbox));
      await sleep(100);
    }
    report = await load.stop();
    aftermath = await aftermathOf(disk.folder, report);
  }, 60_000);

  it('the disk was full indeed: calls were acknowledged, and then refused', () => {
    expect(report.noted.length).toBeGreaterThan(50);
    expect(report.refusals.length).toBeGreaterThanOrEqual(REFUSALS_MIN);
  });

  it('no call is acknowledged that is not stored', () => {
    expect(aftermath.faults).toEqual([]);
  });

  it('calls are refused with 503, a sentence and a time to come again, and none stays without an answer', () => {
    expect(badRefusals(report.refusals)).toEqual([]);
    expect(report.unanswered).toBe(0);
    expect(report.halfAnswers).toBe(0);
  });

  it('the server lives on and says so', () => {
    for (const { live, liveMs } of probes) {
      expect(live).toBe(200);
      expect(liveMs).toBeLessThan(5_000);
    }
  });

  it('readiness says that the write door is down, also when nobody calls any more', async () => {
    // What is left in the log of a commit that failed may take another small one: then ready is the truth.
    for (let n = 0; n < 40; n++) {
      const { ready, checks } = await probeHealth(signalbox);
      if (ready === 503) {
        expect(checks).toMatchObject({ writeDoor: 'down', database: 'up' });
        return;
      }
      expect((await signalbox.call('echo', { padding: 'x'.repeat(PADDING_BYTES) })).status).toBe(200);
    }
    expect.fail('The disk is full, calls were refused, and readiness never said so');
  });

  it('what is stored can still be read', async () => {
    const execution = await signalbox.execution(report.noted[0]!.executionId);
    expect(execution).toMatchObject({ status: 'succeeded' });
  });
});

describe.skipIf(isPostgres)('when the disk has room again', () => {
  it('the server is ready and takes calls again by itself', async () => {
    disk.makeRoom(signalbox.child.pid!);
    expect(await untilReadyAgain(signalbox)).toBeGreaterThanOrEqual(0);
    const load = new Load(signalbox, { name: 'after', callers: CALLERS, paddingBytes: 100 });
    await load.untilNoted(50);
    const report = await load.stop();
    expect(report.noted.length).toBeGreaterThanOrEqual(50);
    expect(report.refusals).toEqual([]);
    expect((await aftermathOf(disk.folder, report)).faults).toEqual([]);
  }, 60_000);

  it('no execution is left open for good: what could not be recorded then is recorded later', async () => {
    expect(await openExecutions(disk.folder)).toEqual([]);
  });
});
