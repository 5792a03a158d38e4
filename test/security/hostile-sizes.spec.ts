import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendRequest } from '../flows/send-request.ts';
import { Signalbox } from '../support/signalbox.ts';

const LIMIT_BYTES = 1_048_576;

let signalbox: Signalbox;

beforeAll(async () => {
  // The memory limit is the default; time is not what is measured here.
  signalbox = await Signalbox.start({ env: { SCRIPT_TIMEOUT_MS: '10000' } });
  await signalbox.createConfig('script', { executionCode: 'return typeof context.body;' });
});

afterAll(() => signalbox.stop());

const filled = (unit: string, end = '') =>
  unit.repeat(Math.floor((LIMIT_BYTES - end.length - 1) / unit.length)) + end;

const json: [what: string, body: string][] = [
  ['numbers', `[${filled('0,', '0]')}`],
  ['empty arrays', `[${filled('[],', '[]]')}`],
  ['empty objects', `[${filled('{},', '{}]')}`],
  ['objects', `[${filled('{"a":1},', '0]')}`],
  ['nested pairs', `[${filled('[[]],', '0]')}`],
  ['names', `{${Array.from({ length: 70_000 }, (_, at) => `"n${at}":${at}`).join(',')}}`],
  ['objects with a name each', `[${Array.from({ length: 70_000 }, (_, at) => `{"n${at}":1}`).join(',')}]`],
];

const forms: [what: string, body: string][] = [
  ['pairs of one name', filled('a&')],
  ['names', Array.from({ length: 90_000 }, (_, at) => `n${at}=1`).join('&')],
  ['ampersands', filled('&')],
  ['escapes', filled('%41')],
  ['broken escapes', filled('%')],
];

describe('the largest body that is let in', () => {
  it.each(json)('leaves a script within its memory when it is all %s', async (_what, body) => {
    await expectTaken(body, 'application/json');
  });

  it.each(forms)(
    'leaves a script within its memory when it is a form of nothing but %s',
    async (_what, body) => {
      await expectTaken(body, 'application/x-www-form-urlencoded');
    },
  );
});

async function expectTaken(body: string, contentType: string): Promise<void> {
  const headers = { 'Content-Type': contentType };
  const answer = await sendRequest(signalbox.url, { path: '/api/webhooks/dynamic/script', headers, body });
  expect(answer.json).toMatchObject({ success: true, data: 'object' });
}
