import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execute } from '../support/database.ts';
import { payment } from './remita-fixtures.ts';
import { RemitaStory } from './remita-story.ts';

const RRR = '310007789302';
const body = JSON.stringify([payment(RRR)]);
const dataFolder = mkdtempSync(join(tmpdir(), 'signalbox-remita-'));
let story: RemitaStory;

/** Lets the time pass in which it is asked about, and has it asked about once more. */
const fourDaysLater = (folder: string) =>
  execute(folder, `UPDATE queue_jobs SET run_at = 0, data = replace(data, '"since":', '"since":-')`);

beforeAll(async () => {
  story = await RemitaStory.start({}, { dataFolder });
});

afterAll(async () => {
  await story.stop();
  rmSync(dataFolder, { recursive: true, force: true });
});

describe('A payment that Remita has as pending for days', () => {
  it('is not asked about for ever: it stays unconfirmed and has run nothing', async () => {
    story.remita.payments.set(RRR, { status: '021', amount: 5000.5 });
    await story.pay(body);
    await story.askedAbout(RRR, 1);
    await story.restart(fourDaysLater);
    expect(await story.outcomes(RRR, 'unconfirmed')).toMatchObject([
      {
        state: 'unverified',
        executionId: null,
        detail: `Remita has RRR ${RRR} as pending (status 021)`,
      },
    ]);
    expect(await story.events(RRR)).toEqual(['remita.payment.unverified']);
    expect(await story.runs()).toEqual([]);
  });

  it('is asked about anew, for as long, when it comes again', async () => {
    const asked = story.remita.answered.length;
    await story.pay(body);
    await story.askedAbout(RRR, asked + 1);
    await story.outcomes(RRR, 'pending');
    story.remita.payments.set(RRR, { status: '00', amount: 5000.5 });
    await story.outcomes(RRR, 'counted');
    expect(await story.runsOf(RRR)).toMatchObject([{ verification: 'verified' }]);
    expect(await story.events(RRR)).toEqual(['remita.payment.unverified', 'remita.payment.verified']);
  });
});
