import { Injectable } from '@nestjs/common';
import { Callers } from '../access/index.ts';
import { EvaluateCall } from './evaluate-call.ts';
import type { RequestBody } from './request-body.ts';
import { RunNativeCommand } from './run-native-command.ts';
import { RunScript } from './run-script.ts';
import { ownerDisabled } from './webhook.errors.ts';
import type { RunEnd, WebHookRun } from './webhook-run.ts';

/** Runs what the configuration names, as the caller that saved it. */
@Injectable()
export class RunWork {
  constructor(
    private readonly callers: Callers,
    private readonly native: RunNativeCommand,
    private readonly script: RunScript,
    private readonly evaluation: EvaluateCall,
  ) {}

  /** @throws AppError 503 when nobody may act for it. */
  async run(run: WebHookRun, body: RequestBody): Promise<RunEnd> {
    const { route } = run.admitted;
    const caller = this.callers.find(route.config.ownerId);
    if (!caller) throw ownerDisabled();
    const end = route.isScript ? await this.script.run(run, body) : await this.native.run(run, body, caller);
    if (!route.expressions?.response || end.resultJson === undefined) return end;
    return await this.evaluation.respond(run, body, end.resultJson);
  }
}
