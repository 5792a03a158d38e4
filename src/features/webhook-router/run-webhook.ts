import { Injectable } from '@nestjs/common';
import { asAppError } from '../../platform/errors.ts';
import { Callers } from '../access/index.ts';
import { RunNativeCommand } from './run-native-command.ts';
import { RunScript } from './run-script.ts';
import { VerifyWebHook } from './verify-webhook.ts';
import { failureAnswer } from './webhook-answer.ts';
import { ownerDisabled } from './webhook.errors.ts';
import type { RunEnd, WebHookRun } from './webhook-run.ts';

/** Verifies the call, reads its body and runs what the configuration names, as the caller that saved it. */
@Injectable()
export class RunWebHook {
  constructor(
    private readonly verification: VerifyWebHook,
    private readonly callers: Callers,
    private readonly native: RunNativeCommand,
    private readonly script: RunScript,
  ) {}

  /** Never throws for what a call or its script can bring about. */
  async run(run: WebHookRun): Promise<RunEnd> {
    const { route } = run.admitted;
    try {
      const body = await this.verification.verifiedBody(run);
      const caller = this.callers.find(route.config.ownerId);
      if (!caller) throw ownerDisabled();
      return route.isScript ? await this.script.run(run, body) : await this.native.run(run, body, caller);
    } catch (thrown) {
      const failure = asAppError(thrown);
      return { answer: failureAnswer(failure), failure, isRejection: failure.kind !== 'surprise' };
    }
  }
}
