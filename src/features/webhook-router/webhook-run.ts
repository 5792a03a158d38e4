import {
  credentialsOf,
  type ExecutionOutcome,
  type ExecutionRef,
  type ExecutionStep,
  type ReceivedExecution,
  type RequestMeta,
} from '../executions/index.ts';
import type { AppError } from '../../platform/errors.ts';
import { maskedJson, withoutCredentials } from '../../platform/masking.rules.ts';
import type { AdmittedCall } from './incoming-call.ts';
import { jsonHeaders, type WebHookAnswer } from './webhook-answer.ts';

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
  private readonly stepTexts: string[] = [];
  logs: readonly object[] = [];
  /** True once `received` is on disk: from then on the end is an update. */
  isOnRecord = false;
  private knownCredentials: readonly string[] | undefined;
  private ownCredentials: readonly string[] = [];

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

  get ref(): ExecutionRef {
    return { accountId: this.admitted.route.config.accountId, id: this.admitted.id };
  }

  /** What of the request must be readable nowhere in what is kept. */
  get credentials(): readonly string[] {
    return (this.knownCredentials ??= credentialsOf(this.meta, this.ownCredentials));
  }

  /** What proved the call, and with what: readable nowhere either. */
  addCredentials(values: readonly string[]): void {
    this.ownCredentials = [...this.ownCredentials, ...values];
    this.knownCredentials = undefined;
  }

  /** Keeps a step; credentials of the request are masked in it. */
  addStep(step: ExecutionStep): void {
    this.stepTexts.push(maskedJson(step, this.credentials));
  }

  /** Keeps the only step of a run; masking costs more than the rest of the record where there is nothing to mask. */
  setOnlyStep(step: ExecutionStep): void {
    const { success } = step.output as { success: boolean };
    const isAllOurs = success && step.input === undefined;
    this.stepTexts[0] = isAllOurs ? JSON.stringify(step) : maskedJson(step, this.credentials);
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
      request: {
        metaJson: this.metaJson,
        body: this.body,
        credentials: this.ownCredentials,
        rawQuery: rawQueryOf(this.admitted.call.url),
      },
    };
  }

  /** The end as it is stored: credentials of the request are masked in whatever was made from it. */
  outcome({ answer, failure, isRejection }: RunEnd): ExecutionOutcome {
    const durationMs = performance.now() - this.admitted.startedAt;
    const { credentials } = this;
    const cleanJson = (value: object | null) => (value === null ? null : maskedJson(value, credentials));
    return {
      status: isRejection ? 'rejected' : failure ? 'failed' : 'succeeded',
      code: failure?.code ?? null,
      answerStatus: answer.status,
      finishedAt: this.admitted.receivedAt + Math.round(durationMs),
      durationMs: Math.round(durationMs * 1000) / 1000,
      steps: this.stepTexts.length === 0 ? null : `[${this.stepTexts.join(',')}]`,
      logs: cleanJson(this.logs.length === 0 ? null : this.logs),
      errors: cleanJson(failure?.details ?? null),
      answerHeaders: cleanJson(headersBesideType(answer)),
      answerBody: withoutCredentials(answer.body, credentials),
    };
  }
}

function headersBesideType({ headers }: WebHookAnswer): object | null {
  // Nearly every answer has these alone.
  if (headers === jsonHeaders) return null;
  const { 'content-type': _type, ...others } = headers;
  return Object.keys(others).length === 0 ? null : others;
}

function rawQueryOf(url: string): string | null {
  const at = url.indexOf('?');
  return at === -1 ? null : url.slice(at + 1);
}
