import { randomBytes } from 'node:crypto';
import { FakeMono } from '../support/fake-mono.ts';
import type { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';
import { type Notification, notificationById, notificationsOf, settled } from './notifications.ts';

/** What a server is told of providers; Remita is at an address that may not be called. */
export const providers = {
  MONO_WEBHOOK_SECRET: randomBytes(16).toString('hex'),
  REMITA_MERCHANT_ID: '2547916',
  REMITA_API_KEY: randomBytes(16).toString('hex'),
  REMITA_BASE_URL: 'http://127.0.0.1:9',
};

/** Sends one that has its effect, and one that is asked about in vain. */
export async function sendTwoNotifications(server: Signalbox): Promise<void> {
  const mono = new FakeMono(() => `${server.url}/api/webhooks/mono/callback`, providers.MONO_WEBHOOK_SECRET);
  await mono.send({ event: 'mono.events.account_updated', event_id: 'evt-1', data: {} });
  await settled(server, { provider: 'mono' });
  const init = { method: 'POST', body: '{"rrr":"110002071256","amount":100}' };
  await fetch(`${server.url}/api/webhooks/remita`, init);
  const [{ id }] = (await notificationsOf(server, { provider: 'remita' })) as [Notification];
  await until(async () => ((await notificationById(server, id)).checks.length > 0 ? true : null));
}
