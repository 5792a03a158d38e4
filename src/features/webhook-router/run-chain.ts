import { Injectable } from '@nestjs/common';
import { AppError, asAppError } from '../../platform/errors.ts';
import { CallChainCommand, type ChainCall, type ChainScope } from './call-chain-command.ts';
import { CompensateChain } from './compensate-chain.ts';
import type { ChainStep } from './command-chain.ts';
import { pendingUndo } from './pending-undo.ts';
import type { RequestBody } from './request-body.ts';
import { ASYNC_TOTAL_MS, ScriptLimitDefaults } from './script-limit-defaults.ts';
import { failureAnswer, successAnswer } from './webhook-answer.ts';
import type { RunEnd, WebHookRun } from './webhook-run.ts';

/** Runs a configuration of type 1: its commands one after the other, each step recorded (contract §5.5). */
@Injectable()
export class RunChain {
  constructor(
    private readonly command: CallChainCommand,
    private readonly limits: ScriptLimitDefaults,
    private readonly compensation: CompensateChain,
  ) {}

  async run(run: WebHookRun, body: RequestBody): Promise<RunEnd> {
    const { route } = run.admitted;
    const progress = new ChainProgress();
    const endsAt = run.begunAt + (route.isAsync ? ASYNC_TOTAL_MS : this.limits.totalMs);
    for (const step of route.chain.steps) {
      const failure =
        performance.now() > endsAt ? totalTime() : await this.step({ run, body }, step, progress);
      if (failure) return await this.undone(run, stopped(run, progress, failure));
    }
    const { resultJson } = progress;
    return { answer: successAnswer(resultJson), failure: null, resultJson };
  }

  /** Of a synchronous chain the compensations are tried at once, and what fails of them later; of others once it stops for good. */
  private async undone(run: WebHookRun, end: StoppedChain): Promise<RunEnd> {
    const { undo, ...rest } = end;
    const { failure } = rest;
    if (!undo || run.admitted.route.isAsync) return end;
    const obstacle = await this.compensation.run(run, undo);
    if (!obstacle) return { ...rest, isUndone: true };
    const firstAttempt = run.job ? run.job.attempt + 1 : 1;
    return { ...rest, pendingUndo: pendingUndo(run, undo, { failure, isDead: false, firstAttempt }) };
  }

  /** The failure that stops the chain, if any. */
  private async step(
    call: { run: WebHookRun; body: RequestBody },
    step: ChainStep,
    progress: ChainProgress,
  ): Promise<AppError | null> {
    try {
      const answer = await this.command.call(call, step, progress.scope);
      progress.add(step, answer);
      return step.goesOnAfterFailure ? null : (answer?.failure ?? null);
    } catch (thrown) {
      return asAppError(thrown);
    }
  }
}

/** What the steps so far have come to. */
class ChainProgress {
  readonly scope: ChainScope = {};
  /** Those whose command was called, in order. */
  readonly called: string[] = [];
  /** Those that have succeeded. */
  readonly completed: string[] = [];
  private readonly results: object[] = [];
  private lastData: unknown = null;

  add({ name, commandName }: ChainStep, call: ChainCall | null): void {
    if (call === null) {
      this.scope[name] = { success: true, data: null, message: 'Skipped' };
      this.results.push({
        name,
        commandName,
        success: true,
        skipped: true,
        data: null,
        message: 'Skipped',
        durationMs: 0,
      });
      return;
    }
    const { success, data, message } = call.envelope;
    this.called.push(name);
    if (success) this.completed.push(name);
    this.lastData = data;
    this.scope[name] = { success, data, message };
    this.results.push({ name, commandName, success, data, message, durationMs: call.durationMs });
  }

  get resultJson(): string {
    return JSON.stringify({ steps: this.results, data: this.lastData });
  }
}

type StoppedChain = RunEnd & { failure: AppError };

function stopped(
  run: WebHookRun,
  { called, completed, scope }: ChainProgress,
  failure: AppError,
): StoppedChain {
  const end = { answer: failureAnswer(failure), failure };
  const hasCompensation = run.admitted.route.chain.steps.some(
    ({ name, compensation }) => compensation !== null && completed.includes(name),
  );
  // What differs from its record is not known well enough to be undone.
  if (!hasCompensation || run.divergedAt !== null) return end;
  return { ...end, undo: { completed, called, scope } };
}

function totalTime(): AppError {
  return new AppError({
    code: 'chain.limit-total-time',
    kind: 'timed-out',
    details: ['The chain did not end within the time it has in all'],
  });
}
