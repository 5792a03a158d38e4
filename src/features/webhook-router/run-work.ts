import { Injectable } from '@nestjs/common';
import { EvaluateCall } from './evaluate-call.ts';
import type { RequestBody } from './request-body.ts';
import { RunChain } from './run-chain.ts';
import { RunNativeCommand } from './run-native-command.ts';
import { RunScript } from './run-script.ts';
import type { RunEnd, WebHookRun } from './webhook-run.ts';

/** Runs what the configuration names. */
@Injectable()
export class RunWork {
  constructor(
    private readonly native: RunNativeCommand,
    private readonly chain: RunChain,
    private readonly script: RunScript,
    private readonly evaluation: EvaluateCall,
  ) {}

  /** @throws AppError 503 when nobody may act for it. */
  async run(run: WebHookRun, body: RequestBody): Promise<RunEnd> {
    const { executionType, expressions } = run.admitted.route;
    const end = await this.ofType(executionType).run(run, body);
    if (!expressions?.response || end.resultJson === undefined) return end;
    return await this.evaluation.respond(run, body, end.resultJson);
  }

  private ofType(executionType: number): { run(run: WebHookRun, body: RequestBody): Promise<RunEnd> } {
    switch (executionType) {
      case 0:
        return this.native;
      case 1:
        return this.chain;
      case 2:
        return this.script;
      default:
        throw new Error(`Nothing runs the execution type ${executionType}`);
    }
  }
}
