import { Injectable } from '@nestjs/common';
import { type AppError, asAppError } from '../../platform/errors.ts';
import { reach } from '../../platform/fault-points.ts';
import { CallChainCommand, type ChainScope } from './call-chain-command.ts';
import { readRequestBody } from './request-body.ts';
import { RouterSettings } from './router-settings.ts';
import type { WebHookRun } from './webhook-run.ts';

/** What of a stopped chain is to be undone. */
export interface ChainUndo {
  /** The steps that have succeeded, in order. */
  completed: readonly string[];
  /** The steps whose command was called, in order: the nth is on record as the nth call. */
  called: readonly string[];
  scope: ChainScope;
}

/** Undoes what the completed steps of a chain have done: each compensation once, the last step's first. */
@Injectable()
export class CompensateChain {
  constructor(
    private readonly command: CallChainCommand,
    private readonly settings: RouterSettings,
  ) {}

  /** Null when all are done; else what keeps the next one from being done. */
  async run(run: WebHookRun, { completed, scope }: ChainUndo): Promise<AppError | null> {
    const { call, route } = run.admitted;
    try {
      const body = await readRequestBody(call.headers, run.body, this.settings.bodyLimitBytes);
      for (const { name, compensation } of route.chain.steps.toReversed()) {
        if (!compensation || !completed.includes(name)) continue;
        const answer = await this.command.call({ run, body }, compensation, scope);
        if (answer?.failure) return answer.failure;
        reach('compensation.done');
      }
      return null;
    } catch (thrown) {
      return asAppError(thrown);
    }
  }
}
