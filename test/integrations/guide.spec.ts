import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeMono } from '../support/fake-mono.ts';
import { Signalbox } from '../support/signalbox.ts';
import { families } from './mono-fixtures.ts';
import { settled } from './notifications.ts';

const guide = readFileSync(join(import.meta.dirname, '../../docs/integrations/README.md'), 'utf8');
const secret = randomBytes(16).toString('hex');
let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start({ env: { MONO_WEBHOOK_SECRET: secret } });
  await signalbox.createConfig('mono', { path: '/webhooks/mono/callback' });
});
afterAll(() => signalbox.stop());

describe('The guide to providers', () => {
  it('shows what a script gets, field by field', async () => {
    const [, text] = /```json\n([\s\S]*?)```/.exec(guide)!;
    const shown = JSON.parse(text!) as Record<string, unknown>;
    const { event } = families.find(({ event: { event_id } }) => event_id === shown['providerId'])!;
    await new FakeMono(() => `${signalbox.url}/api/webhooks/mono/callback`, secret).send(event);
    const { id, executionId } = await settled(signalbox, { providerId: shown['providerId'] });
    const execution = await signalbox.execution<{ request: { body: string } }>(executionId);
    const body = JSON.parse(execution.request.body) as Record<string, unknown>;
    expect(Object.keys(body)).toEqual(Object.keys(shown));
    const { receivedAt } = body;
    expect(body).toEqual({ ...shown, notificationId: id, receivedAt, data: event.data });
  });

  it('names every address that is answered, and none else', async () => {
    const addresses = [...guide.matchAll(/`(POST) (\/api\/webhooks\/[\w/-]+)`/g)].map(([, , path]) => path!);
    expect(addresses).toHaveLength(4);
    for (const path of addresses) {
      const { status } = await fetch(signalbox.url + path, { method: 'POST', body: '{}' });
      expect([path, status]).toEqual([path, path.includes('mono') ? 401 : 503]);
    }
  });
});
