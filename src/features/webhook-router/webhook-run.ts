import {
  credentialsOf,
  type ExecutionOutcome,
  type ExecutionStep,
  type ReceivedExecution,
  type RequestMeta,
} from '../executions/index.ts';
import type { AppError } from '../../platform/errors.ts';
import { maskedJson, withoutCredentials } from '../../platform/masking.rules.ts';
import type { AdmittedCall } from './incoming-call.ts';
import type { WebHookAnswer } from './webhook-answer.ts';

/** How a run ended, before it is on disk. */
export interface RunEnd {
  answer: WebHookAnswer;
  /** Null: it succeeded. */
  failure: AppError | null;
  /** True when nothing ran. */
  isRejection?: boolean;
  /** True when it is on disk already, with the writes of its command. */
  isStored?: boolean;
}

/** What one call gathers on its way to its record. */
export class WebHookRun {
  readonly steps: ExecutionStep[] = [];
  logs: readonly object[] = [];
  /** True once `received` is on disk: from then on the end is an update. */
  isOnRecord = false;
  private knownCredentials: readonly string[] | undefined;

  constructor(
    readonly admitted: AdmittedCall,
    readonly meta: RequestMeta,
    readonly metaJson: string,
    /** As received. */
    readonly body: Buffer,
  ) {}

  get id(): string {
    return this.admitted.id;
  }

  /** What of the request must be readable nowhere in what is kept. */
  get credentials(): readonly string[] {
    return (this.knownCredentials ??= credentialsOf(this.meta));
  }

  received(): ReceivedExecution {
    const { id, route, receivedAt } = this.admitted;
    const { config } = route;
    return {
      id,
      accountId: config.accountId,
      configId: config.id,
      configVersion: config.version,
      key: config.key,
      method: this.meta.method,
      path: this.meta.path,
      ip: this.meta.ip,
      receivedAt,
      request: { metaJson: this.metaJson, body: this.body },
    };
  }

  /** The end as it is stored: credentials of the request are masked in whatever was made from it. */
  outcome({ answer, failure, isRejection }: RunEnd): ExecutionOutcome {
    const durationMs = performance.now() - this.admitted.startedAt;
    const { credentials } = this;
    const cleanJson = (value: object | null, isEmpty: boolean) =>
      isEmpty ? null : maskedJson(value, credentials);
    const { 'content-type': _type, ...headers } = answer.headers;
    return {
      status: isRejection ? 'rejected' : failure ? 'failed' : 'succeeded',
      code: failure?.code ?? null,
      answerStatus: answer.status,
      finishedAt: this.admitted.receivedAt + Math.round(durationMs),
      durationMs: Math.round(durationMs * 1000) / 1000,
      steps: cleanJson(this.steps, this.steps.length === 0),
      logs: cleanJson(this.logs, this.logs.length === 0),
      errors: cleanJson(failure?.details ?? null, failure === null),
      answerHeaders: cleanJson(headers, Object.keys(headers).length === 0),
      answerBody: withoutCredentials(answer.body, credentials),
    };
  }
}
