import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { AppError, asAppError } from '../../platform/errors.ts';
import { type IncomingCall, ipOf, readRequestBody, type WebHookAnswer } from '../webhook-router/index.ts';
import { IntegrationSettings } from './integration-settings.ts';
import { NotificationFigures } from './notification-metrics.ts';
import type { ProviderCall } from './provider.ts';
import { type ProviderEndpoint, Providers } from './providers.ts';
import { ReceiveNotifications } from './receive-notifications.ts';

/** A call at a fixed address, before its body is read. */
export interface FixedCall extends ProviderEndpoint {
  call: ProviderCall;
}

/** The fixed addresses of providers: each call is checked, put on record and acknowledged in the provider's own way. */
@Injectable()
export class FixedEndpoints {
  readonly figures: NotificationFigures;

  constructor(
    private readonly providers: Providers,
    private readonly notifications: ReceiveNotifications,
    private readonly settings: IntegrationSettings,
  ) {
    this.figures = new NotificationFigures(providers.names);
  }

  /** Null: it is no provider's address. */
  match(incoming: IncomingCall): FixedCall | null {
    const { method, headers } = incoming;
    // RFC 9112 §3.2.2: a request line may have the whole URL.
    const url = incoming.url.replace(/^https?:\/\/[^/]*/i, '');
    const queryAt = url.indexOf('?');
    const found = this.providers.at(method, queryAt === -1 ? url : url.slice(0, queryAt));
    if (!found) return null;
    const query = queryAt === -1 ? '' : url.slice(queryAt + 1);
    return { ...found, call: { headers, query, ip: ipOf(incoming, this.settings.trustedProxies) } };
  }

  /** What is wrong with a call before its body is read; null: nothing. */
  objection({ provider, endpoint, call }: FixedCall): WebHookAnswer | null {
    const refusal = endpoint.refuse(call);
    if (refusal) this.figures.refused(provider.name);
    return refusal;
  }

  /** The answer, given out when all that the body says is on disk. Never rejects. */
  async receive(fixed: FixedCall, received: Buffer): Promise<WebHookAnswer> {
    const { provider, endpoint, call } = fixed;
    try {
      const { bytes } = await readRequestBody(asJson(call.headers), received, this.settings.bodyLimitBytes);
      // To the byte as it was sent: signatures and records are of that.
      const body = call.headers['content-encoding'] === undefined ? received : bytes;
      const receipts = endpoint.read(call, body);
      await this.notifications.receive(provider, receipts, call.ip);
      this.figures.accepted(provider.name, receipts.length);
      return endpoint.acknowledge(receipts);
    } catch (thrown) {
      const error = asAppError(thrown);
      if (error.kind === 'surprise')
        this.settings.logger.error(
          { provider: provider.name, err: thrown },
          'a notification could not be taken',
        );
      return this.decline(fixed, error);
    }
  }

  /** What a provider is told of a call that is not on record. */
  decline(
    { provider, endpoint }: FixedCall,
    { status, details, retryAfterSeconds }: AppError,
  ): WebHookAnswer {
    this.figures.refused(provider.name);
    const answer = endpoint.decline({ status, details });
    if (retryAfterSeconds === undefined) return answer;
    return { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfterSeconds) } };
  }
}

/** Whatever a provider calls its body, it is read as JSON, with the bounds of JSON. */
function asJson(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return { ...headers, 'content-type': 'application/json' };
}
