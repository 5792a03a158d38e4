import { Injectable } from '@nestjs/common';
import { ChooseWork } from './choose-work.ts';
import { EvaluateCall } from './evaluate-call.ts';
import type { RequestBody } from './request-body.ts';
import { RunCallers } from './run-callers.ts';
import type { RunEnd, WebHookRun } from './webhook-run.ts';

/** Runs what the configuration names, as those who have a say in it. */
@Injectable()
export class RunWork {
  constructor(
    private readonly works: ChooseWork,
    private readonly callers: RunCallers,
    private readonly evaluation: EvaluateCall,
  ) {}

  /** @throws AppError 503 when nobody may act for it. */
  async run(run: WebHookRun, body: RequestBody): Promise<RunEnd> {
    const { executionType, expressions } = run.admitted.route;
    const end = await this.works.of(executionType).run(run, body, this.callers.of(run));
    if (!expressions?.response || end.resultJson === undefined) return end;
    return await this.evaluation.respond(run, body, end.resultJson);
  }
}
