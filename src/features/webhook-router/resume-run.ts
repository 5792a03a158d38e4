import { Injectable } from '@nestjs/common';
import {
  type ExecutionEntity,
  type OpenedRequest,
  type RecordedExecution,
  RecordedExecutions,
} from '../executions/index.ts';
import { Clock } from '../../platform/clock.ts';
import type { Job } from '../../platform/queue/index.ts';
import { LoadCalls } from './load-calls.ts';
import type { RunJobData } from './defer-run.ts';
import { type AdmittedCall, callOfRecord } from './incoming-call.ts';
import { RoutesOfRuns } from './routes-of-runs.ts';
import type { WebHookRoute } from './webhook-route.ts';
import { type FailedAttempt, WebHookRun } from './webhook-run.ts';

/** Makes a run of what is on record of it, so that it goes on where it was. */
@Injectable()
export class ResumeRun {
  constructor(
    private readonly executions: RecordedExecutions,
    private readonly calls: LoadCalls,
    private readonly routes: RoutesOfRuns,
    private readonly clock: Clock,
  ) {}

  /** The run that a job goes on with; null: it has ended, or nothing is left of it. */
  async ofJob(job: Job): Promise<WebHookRun | null> {
    const { accountId } = JSON.parse(job.data) as RunJobData;
    const execution = await this.executions.find({ accountId, id: job.id });
    if (!execution || execution.head.finishedAt !== null) return null;
    const { head } = execution;
    const route = await this.routes.ofExecution(execution);
    return route && (await this.resume(execution, route, route.isAsync ? job.attempt : head.attempt));
  }

  /** One more try of an execution that did not succeed; null where nothing is left of its request. */
  async furtherAttempt(execution: RecordedExecution): Promise<WebHookRun | null> {
    const { head, payload } = execution;
    const { configId, configVersion } = head;
    const attempt = head.attempt + 1;
    const pinned = await this.routes.ofVersion(configId, configVersion);
    const run = pinned && (await this.resume(execution, pinned, attempt));
    if (!run || !payload.request) return null;
    run.failedAttempts.push(lastAttempt(execution));
    if (run.recordedCalls.length > 0) return run;
    // Nothing was done yet that the newest version would have to be consistent with.
    const current = this.routes.current(configId);
    if (!current || current.config.version === configVersion) return run;
    const renewed = await this.resume(execution, current, attempt);
    renewed?.failedAttempts.push(lastAttempt(execution));
    return renewed;
  }

  private async resume(
    { head, payload }: RecordedExecution,
    route: WebHookRoute,
    attempt: number,
  ): Promise<WebHookRun | null> {
    const { request } = payload;
    if (!request) return null;
    const { meta, body, credentials } = request;
    const run = new WebHookRun(this.admittedAgain(head, request, route), meta, JSON.stringify(meta), body);
    run.addCredentials(credentials);
    if (head.idempotencyKey !== null) run.countAgain(head.idempotencyKey);
    run.isOnRecord = true;
    run.isDurable = head.isDurable === true && head.finishedAt === null;
    run.recordsCalls = true;
    run.attempt = attempt;
    run.replayOf = head.replayOf;
    run.terms = payload.terms;
    run.failedAttempts = JSON.parse(payload.attempts ?? '[]') as FailedAttempt[];
    await this.calls.into(run);
    return run;
  }

  private admittedAgain(
    { id, receivedAt }: ExecutionEntity,
    request: OpenedRequest,
    route: WebHookRoute,
  ): AdmittedCall {
    return {
      id,
      route,
      call: callOfRecord(request),
      params: request.meta.params,
      ip: request.meta.ip,
      receivedAt,
      startedAt: performance.now() - (this.clock.now() - receivedAt),
    };
  }
}

function lastAttempt({ head, payload }: RecordedExecution): FailedAttempt {
  return {
    attempt: head.attempt,
    endedAt: new Date(head.finishedAt ?? head.receivedAt).toISOString(),
    durationMs: head.durationMs ?? 0,
    code: head.code ?? 'webhook.failed',
    errors: JSON.parse(payload.errors ?? '[]') as string[],
  };
}
