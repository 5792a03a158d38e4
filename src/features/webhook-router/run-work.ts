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

  /** @throws AppError at once, 503, when nobody may act for it. */
  run(run: WebHookRun, body: RequestBody): Promise<RunEnd> {
    const { executionType, expressions } = run.admitted.route;
    const ending = this.works.of(executionType).run(run, body, this.callers.of(run));
    return expressions?.response ? this.respond(run, body, ending) : ending;
  }

  private async respond(run: WebHookRun, body: RequestBody, ending: Promise<RunEnd>): Promise<RunEnd> {
    const end = await ending;
    return end.resultJson === undefined ? end : await this.evaluation.respond(run, body, end.resultJson);
  }
}
