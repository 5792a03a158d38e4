import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { FailureLimit } from '../../platform/failure-limit.ts';
import type { ReceivedRequest, Verdict } from '../verification/index.ts';
import type { IncomingCall } from './incoming-call.ts';
import { parsedForm, parsedJson, readRequestBody, type RequestBody } from './request-body.ts';
import { RouterSettings } from './router-settings.ts';
import { verificationFailed, verificationFailedTooOften } from './webhook.errors.ts';
import type { WebHookRoute } from './webhook-route.ts';
import type { WebHookRun } from './webhook-run.ts';

/** Failed verifications that one address has in a minute at one configuration before it must wait. */
const FAILURES_MAX = 30;

/** Proves that a call comes from its sender, on the bytes as received. */
@Injectable()
export class VerifyWebHook {
  private readonly failed = new FailureLimit(FAILURES_MAX);

  constructor(
    private readonly clock: Clock,
    private readonly settings: RouterSettings,
  ) {}

  /** The body, inflated, and what it is; at once where it is not compressed. @throws AppError 400, 413, 415. */
  readBody(run: WebHookRun): RequestBody | Promise<RequestBody> {
    return readRequestBody(run.admitted.call.headers, run.body, this.settings.bodyLimitBytes);
  }

  /** @throws AppError 401 that does not say why, 429 after many of them. */
  async verify(run: WebHookRun): Promise<void> {
    const { route, call, ip } = run.admitted;
    if (!route.verifier) return;
    const now = this.clock.now();
    const place = [route.config.key, ip ?? call.peer] as const;
    const secondsToWait = this.failed.secondsToWait(...place, now);
    if (secondsToWait > 0) throw verificationFailedTooOften(secondsToWait);
    const { isVerified, reason, presented } = await this.judge(route, call, run.body);
    run.verdict = { isVerified, reason };
    run.addCredentials([...presented, ...route.verifier.secrets]);
    if (isVerified) return;
    this.failed.note(...place, now);
    throw verificationFailed();
  }

  /** The verdict with its reason, for those who may read the configuration. */
  async judge(
    { verifier }: Pick<WebHookRoute, 'verifier'>,
    { method, url, headers }: Pick<IncomingCall, 'method' | 'url' | 'headers'>,
    body: Buffer,
  ): Promise<Verdict> {
    if (!verifier) return { isVerified: true, reason: 'The configuration verifies nothing', presented: [] };
    const { publicUrl, bodyLimitBytes } = this.settings;
    const request: ReceivedRequest = {
      method,
      url,
      publicUrl: publicUrl === null ? null : publicUrl + url,
      headers,
      body,
    };
    if (verifier.readsBody) {
      const fields = await fieldsOfBody(headers, body, bodyLimitBytes);
      request.bodyField = (name) => (Object.hasOwn(fields, name) ? fields[name] : undefined);
    }
    return verifier.verify(request, this.clock.now());
  }
}

/** A body that cannot be read has no fields: who cannot prove himself learns nothing of what is wrong with it. */
async function fieldsOfBody(
  headers: IncomingCall['headers'],
  received: Buffer,
  limitBytes: number,
): Promise<Record<string, unknown>> {
  try {
    const body = await readRequestBody(headers, received, limitBytes);
    const value = body.kind === 'json' ? parsedJson(body) : body.kind === 'form' ? parsedForm(body) : {};
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
