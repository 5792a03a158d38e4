import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RemitaStory } from './remita-story.ts';

const guide = readFileSync(new URL('../../docs/integrations/remita.md', import.meta.url), 'utf8');
const [sent, got] = [...guide.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) => text!);
const [script] = [...guide.matchAll(/```js\n([\s\S]*?)```/g)].map(([, text]) => text!);

let story: RemitaStory;

beforeAll(async () => {
  story = await RemitaStory.start();
});

afterAll(() => story.stop());

describe('The guide to Remita', () => {
  it('shows what a script really gets of the payment that it shows', async () => {
    story.remita.payments.set('310007789302', { status: '00', amount: 5000.5 });
    await story.pay(sent!);
    const body = JSON.parse(got!) as Record<string, unknown>;
    const [run] = await story.runsOf('310007789302');
    const ofTheMoment = { notificationId: run!['notificationId'], receivedAt: run!['receivedAt'] };
    expect(run).toEqual({ ...body, ...ofTheMoment });
    expect(Object.keys(run!)).toEqual(Object.keys(body));
  });

  it('has a script that works, also where no amount is named', async () => {
    await story.signalbox.createConfig('guide', { executionCode: script });
    const body = JSON.parse(got!) as Record<string, unknown>;
    const resultOf = async (sentBody: unknown) =>
      ((await (await story.signalbox.call('guide', sentBody)).json()) as { data: unknown }).data;
    expect(await resultOf(body)).toEqual({ rrr: '310007789302', credited: 5000.5 });
    expect(await resultOf({ ...body, amount: null })).toEqual({ rrr: '310007789302', credited: null });
  });

  it('names each kind and each event that there is', () => {
    for (const kind of ['payment', 'debit', 'activation', 'collection'])
      expect(guide).toMatch(new RegExp(`remita\\.${kind}`));
    for (const state of ['verified', 'refuted', 'unverified', 'unverifiable'])
      expect(guide).toContain(`remita.payment.${state}`);
  });
});
