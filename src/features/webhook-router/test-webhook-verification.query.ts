import { z } from 'zod';
import { bpmRequest, Handles } from '../../bus/index.ts';
import { Database } from '../../platform/db/index.ts';
import { AppError } from '../../platform/errors.ts';
import { Sealer } from '../../platform/sealing.ts';
import { ExecutionEntity, type OpenedRequest, openPayload } from '../executions/index.ts';
import {
  storedVerification,
  verificationFaults,
  verificationFields,
  Verifier,
} from '../verification/index.ts';
import { WebHookConfigDirectory } from '../webhook-configs/index.ts';
import { VerifyWebHook } from './verify-webhook.ts';

const sample = z.strictObject({
  method: z.string().max(20).default('POST'),
  /** Path and query, as in the request line. */
  url: z.string().max(8192).default('/'),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().max(1_048_576).optional(),
  bodyBase64: z.base64().max(1_398_104).optional(),
});

type Sample = z.output<typeof sample>;

/** Says whether a request is verified, and if not, why: for a saved configuration or for settings not saved yet. */
export class TestWebHookVerificationQuery extends bpmRequest({
  kind: 'query',
  permission: 'webhooks:write',
  input: z.strictObject({
    key: z.string().max(200).optional(),
    verification: verificationFields.optional(),
    request: sample.optional(),
    executionId: z.string().max(100).optional(),
  }),
  success: 'Webhook verification tested successfully',
  example: {
    key: 'order-paid',
    request: { headers: { 'X-Hub-Signature-256': 'sha256=…' }, body: '{"items":[]}' },
  },
  failure: 'Test failed',
}) {}

type Input = TestWebHookVerificationQuery['input'];

@Handles(TestWebHookVerificationQuery)
export class TestWebHookVerificationHandler {
  constructor(
    private readonly directory: WebHookConfigDirectory,
    private readonly verification: VerifyWebHook,
    private readonly database: Database,
    private readonly sealer: Sealer,
  ) {}

  async execute({ input, caller }: TestWebHookVerificationQuery) {
    const verifier = this.verifierOf(input, caller.accountId);
    const { method, url, headers, body } = input.request
      ? fromSample(input.request)
      : await this.fromExecution(input.executionId, caller.accountId);
    const { isVerified, reason } = await this.verification.judge(
      { verifier },
      { method, url, headers },
      body,
    );
    return { isVerified, reason };
  }

  private verifierOf({ key, verification }: Input, accountId: string): Verifier | null {
    const config = key === undefined ? undefined : this.directory.findByKey(key);
    if (key !== undefined && config?.accountId !== accountId)
      throw notFound(`There is no configuration "${key}"`);
    const kept = config?.settings.verification;
    if (!verification) {
      if (key === undefined) throw invalid(['Key or Verification is required']);
      return Verifier.of(this.sealer, kept);
    }
    const faults = verificationFaults(verification, kept);
    if (faults.length > 0) throw invalid(faults);
    return Verifier.of(this.sealer, storedVerification(this.sealer, verification, kept));
  }

  private async fromExecution(executionId: string | undefined, accountId: string) {
    if (executionId === undefined) throw invalid(['Request or ExecutionId is required']);
    const execution = await this.database.read.findOneBy(ExecutionEntity, { id: executionId, accountId });
    const { request } = openPayload(await this.database.payload(execution?.payload ?? null));
    if (!request) throw notFound('There is no recorded request of that execution');
    return fromRecord(request);
  }
}

function fromSample({ method, url, headers, body, bodyBase64 }: Sample) {
  return {
    method,
    url,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: bodyBase64 === undefined ? Buffer.from(body ?? '') : Buffer.from(bodyBase64, 'base64'),
  };
}

function fromRecord({ meta, body, rawQuery }: OpenedRequest) {
  return {
    method: meta.method,
    url: rawQuery === null ? meta.path : `${meta.path}?${rawQuery}`,
    headers: meta.headers as Record<string, string>,
    body,
  };
}

function invalid(details: string[]): AppError {
  return new AppError({
    code: 'bus.validation-failed',
    kind: 'invalid',
    publicMessage: 'Validation failed',
    details,
  });
}

function notFound(sentence: string): AppError {
  return new AppError({ code: 'webhook.verification-not-found', kind: 'not-found', details: [sentence] });
}
