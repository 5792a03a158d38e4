import { Injectable } from '@nestjs/common';
import { executionTypes } from '../webhook-configs/index.ts';
import { Processes } from '../../platform/processes/index.ts';
import { DEPTH_MAX, loopDetected, WorkDepth } from '../../platform/work-depth.ts';
import type { CallExpressions } from './call-expressions.ts';
import { EvaluateCall } from './evaluate-call.ts';
import { parsedJson, type RequestBody } from './request-body.ts';
import { VerifyWebHook } from './verify-webhook.ts';
import { tooManyCalls } from './webhook.errors.ts';
import type { WebHookRun } from './webhook-run.ts';

/** What two expressions of a configuration give for a call; null: nothing. */
export interface CallKeys {
  idempotencyKey: string | null;
  orderingKey: string | null;
}

/** A call that may be run. */
export interface Admission extends CallKeys {
  body: RequestBody;
  /** False: its configuration's condition does not hold, and nothing is to be run. */
  isActive: boolean;
}

/** The checks of a call whose body has arrived, in the order of contract §5.1. */
@Injectable()
export class AdmitWebHook {
  constructor(
    private readonly verification: VerifyWebHook,
    private readonly evaluation: EvaluateCall,
    private readonly depths: WorkDepth,
    private readonly processes: Processes,
  ) {}

  /**
   * At once where nothing has to be waited for: each await costs a promise, and a call had 32 (docs/performance.md).
   * @throws AppError for a call that is refused, and where an expression fails.
   */
  admit(run: WebHookRun): Admission | Promise<Admission> {
    const { verifier } = run.admitted.route;
    return verifier
      ? this.verification.verify(run).then(() => this.admitVerified(run))
      : this.admitVerified(run);
  }

  private admitVerified(run: WebHookRun): Admission | Promise<Admission> {
    const { route, receivedAt } = run.admitted;
    if (this.depths.depthIn(run.meta.headers) > DEPTH_MAX) throw loopDetected();
    const secondsToWait = route.secondsToWait(receivedAt, this.processes.answering);
    if (secondsToWait > 0) throw tooManyCalls(secondsToWait);
    const body = this.verification.readBody(run);
    return body instanceof Promise ? body.then((read) => this.decide(run, read)) : this.decide(run, body);
  }

  private decide(run: WebHookRun, body: RequestBody): Admission | Promise<Admission> {
    const { route } = run.admitted;
    // Expressions, a script and a native command read it before anything is done; these would be accepted, or begin, without.
    const isReadLater = route.isAsync || route.executionType === executionTypes.chain;
    if (isReadLater && !route.expressions?.before && body.kind === 'json') parsedJson(body);
    if (!route.expressions) return { body, isActive: true, idempotencyKey: null, orderingKey: null };
    return this.evaluate(run, body, route.expressions);
  }

  private async evaluate(
    run: WebHookRun,
    body: RequestBody,
    expressions: CallExpressions,
  ): Promise<Admission> {
    const decision = await this.evaluation.decide(run, body, expressions);
    run.mapped = decision.input;
    return { ...decision, body };
  }
}
