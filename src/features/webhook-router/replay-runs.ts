import { Injectable } from '@nestjs/common';
import type { Caller, Origin } from '../../bus/index.ts';
import { Clock } from '../../platform/clock.ts';
import type { Tx } from '../../platform/db/index.ts';
import type { NewJob } from '../../platform/queue/index.ts';
import { DEPTH_MAX, loopDetected } from '../../platform/work-depth.ts';
import type { ExecutionEntity, OpenedRequest, ReplayTerms } from '../executions/index.ts';
import { snapshotOf } from '../webhook-configs/index.ts';
import { jobOf } from './defer-run.ts';
import { EvaluateCall } from './evaluate-call.ts';
import { calledNow } from './incoming-call.ts';
import { RunRecord } from './run-record.ts';
import { VerifyWebHook } from './verify-webhook.ts';
import type { WebHookRoute } from './webhook-route.ts';
import { WebHookRun } from './webhook-run.ts';

/** What is repeated. */
export interface Replayed {
  original: ExecutionEntity;
  /** As it was recorded, or as it is sent now. */
  request: OpenedRequest;
}

/** Who asks for a replay, and from where. */
export interface ReplayRequest {
  caller: Caller;
  origin: Origin;
}

/** How deep a replay is that is asked for there: one deeper than the run that asks for it, whatever it repeats. */
export function depthAfter({ executionId, depth = 0 }: Origin): number {
  return executionId === undefined ? 0 : depth + 1;
}

/** A replay that can be accepted. */
export interface ReadyReplay {
  run: WebHookRun;
  job: NewJob;
}

/** New executions with the requests of old ones, run by the queue as calls that are answered later are. */
@Injectable()
export class ReplayRuns {
  constructor(
    private readonly evaluation: EvaluateCall,
    private readonly record: RunRecord,
    private readonly verification: VerifyWebHook,
    private readonly clock: Clock,
  ) {}

  /** @throws AppError 400, 413 for a body that cannot be read, 508 where more than 16 runs stand behind it. */
  async ready(
    { original, request }: Replayed,
    route: WebHookRoute,
    terms: Omit<ReplayTerms, 'content'>,
  ): Promise<ReadyReplay> {
    if (terms.depth > DEPTH_MAX) throw loopDetected();
    const { meta, body, credentials } = request;
    const receivedAt = this.clock.now();
    const admitted = calledNow(request, { route, prefix: 'exe', receivedAt });
    const run = new WebHookRun(admitted, meta, JSON.stringify(meta), body);
    run.addCredentials(credentials);
    run.replayOf = original.id;
    run.terms = { ...terms, content: terms.runs === 'saved' ? null : contentOf(route) };
    run.isDurable = true;
    return { run, job: jobOf(run, await this.groupOf(run), receivedAt) };
  }

  async accept({ run, job }: ReadyReplay): Promise<void> {
    await this.record.accept(run, job);
  }

  /** The same as a part of a transaction. */
  async acceptIn(tx: Tx, { run, job }: ReadyReplay): Promise<void> {
    await this.record.acceptIn(tx, run, job);
  }

  /** With what it runs in order; a body that cannot be read is refused where somebody can mend it. */
  private async groupOf(run: WebHookRun): Promise<string | null> {
    const { route } = run.admitted;
    const isEdited = run.terms?.bodyBy != null;
    const isOrdered = route.isAsync && route.config.settings.orderingKey !== undefined;
    if (!isEdited && !isOrdered) return null;
    const body = await this.verification.readBody(run);
    return isOrdered ? await this.evaluation.orderingKey(run, body) : null;
  }
}

/** What of a configuration goes on record with a run: nothing is verified in a replay, so that no secret is kept once more. */
function contentOf({ config }: WebHookRoute): ReplayTerms['content'] {
  const { verification: _, ...snapshot } = snapshotOf(config);
  return { snapshot, ownerId: config.ownerId };
}
