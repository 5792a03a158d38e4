import { Injectable } from '@nestjs/common';
import { asAppError } from '../../platform/errors.ts';
import { Callers } from '../access/index.ts';
import { readRequestBody, type RequestBody } from './request-body.ts';
import { RouterSettings } from './router-settings.ts';
import { RunNativeCommand } from './run-native-command.ts';
import { RunScript } from './run-script.ts';
import { failureAnswer } from './webhook-answer.ts';
import { ownerDisabled } from './webhook.errors.ts';
import type { RunEnd, WebHookRun } from './webhook-run.ts';

/** Runs what the configuration names, as the caller that saved it. */
@Injectable()
export class RunWebHook {
  constructor(
    private readonly callers: Callers,
    private readonly native: RunNativeCommand,
    private readonly script: RunScript,
    private readonly settings: RouterSettings,
  ) {}

  /** Never throws for what a call or its script can bring about. */
  async run(run: WebHookRun, body: RequestBody): Promise<RunEnd> {
    const { route } = run.admitted;
    try {
      const caller = this.callers.find(route.config.ownerId);
      if (!caller) throw ownerDisabled();
      return route.isScript ? await this.script.run(run, body) : await this.native.run(run, body, caller);
    } catch (thrown) {
      const failure = asAppError(thrown);
      return { answer: failureAnswer(failure), failure, isRejection: failure.kind !== 'surprise' };
    }
  }

  /** A call that was verified and recorded before: what came is read anew and run. */
  async runAgain(run: WebHookRun): Promise<RunEnd> {
    try {
      const { headers } = run.admitted.call;
      const body = await readRequestBody(headers, run.body, this.settings.bodyLimitBytes);
      return { ...(await this.run(run, body)), isRejection: false };
    } catch (thrown) {
      const failure = asAppError(thrown);
      return { answer: failureAnswer(failure), failure };
    }
  }
}
