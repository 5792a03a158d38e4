import { createHash, timingSafeEqual } from 'node:crypto';
import { parsedJson, type WebHookAnswer } from '../../webhook-router/index.ts';
import { eventTypeOf } from '../event-names.ts';
import type { IntegrationSettings } from '../integration-settings.ts';
import { jsonAnswer } from '../json-answer.ts';
import type { Endpoint, Provider, ProviderCall } from '../provider.ts';
import { monoReceipt } from './mono-event.ts';
import { redirectAnswer, redirectReceipt } from './mono-redirect.ts';

/** Mono (docs.mono.co): signed by a shared secret in a header, acknowledged by exactly 200. */
export function mono(settings: Pick<IntegrationSettings, 'monoWebhookSecret' | 'monoRedirectUrl'>): Provider {
  return {
    name: 'mono',
    endpoints: [webhook(settings.monoWebhookSecret), redirect(settings)],
    eventType: (kind) => eventTypeOf('mono', kind),
  };
}

function webhook(secret: string | null): Endpoint {
  return {
    method: 'POST',
    configKey: 'mono',
    refuse: (call) => {
      if (secret === null) return notConfigured();
      return hasSecret(call, secret) ? null : jsonAnswer(401, 'Unauthorized request.');
    },
    read: (_call, body) => [monoReceipt(parsedJson({ bytes: body }), body)],
    acknowledge: () => jsonAnswer(200, 'Received.'),
    decline: ({ status, details }) => jsonAnswer(status, details.join(' ')),
  };
}

/** Where a browser comes back to from Mono's pages. */
function redirect({
  monoWebhookSecret,
  monoRedirectUrl,
}: Pick<IntegrationSettings, 'monoWebhookSecret' | 'monoRedirectUrl'>): Endpoint {
  return {
    method: 'GET',
    configKey: 'mono',
    refuse: () => (monoWebhookSecret === null ? notConfigured() : null),
    read: ({ query }) => [redirectReceipt(query)],
    acknowledge: ([receipt]) => redirectAnswer(monoRedirectUrl, receipt!),
    decline: ({ status, details }) => jsonAnswer(status, details.join(' ')),
  };
}

function notConfigured(): WebHookAnswer {
  return jsonAnswer(503, 'Mono is not configured: MONO_WEBHOOK_SECRET is not set.');
}

/** Compared as hashes, so that the time tells nothing of the secret, not even its length. */
function hasSecret({ headers }: ProviderCall, secret: string): boolean {
  const given = headers['mono-webhook-secret'];
  return typeof given === 'string' && timingSafeEqual(sha256(given), sha256(secret));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
