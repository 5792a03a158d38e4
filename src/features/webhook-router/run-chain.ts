import { Injectable } from '@nestjs/common';
import { type Envelope, failureEnvelope } from '../../bus/index.ts';
import type { RecordedCall } from '../executions/index.ts';
import { type AppError, asAppError } from '../../platform/errors.ts';
import { parseJson } from '../../platform/json-text.ts';
import { CallChainCommand, type ChainRun } from './call-chain-command.ts';
import { ChainJournal, type ChainStop, isSkipped, isStopped, nextOnRecord } from './chain-journal.ts';
import { ChainResults, skippedEnvelope } from './chain-results.ts';
import { chainTooLong } from './chain.errors.ts';
import type { ChainStep } from './command-chain.ts';
import { CompensateChain } from './compensate-chain.ts';
import type { RequestBody } from './request-body.ts';
import { goesOnAfter, isEngineAway } from './retry.rules.ts';
import { callFailure } from './run-calls.ts';
import { ASYNC_TOTAL_MS, ScriptLimitDefaults } from './script-limit-defaults.ts';
import { failureAnswer, successAnswer } from './webhook-answer.ts';
import { diverged } from './webhook.errors.ts';
import type { RunEnd, WebHookRun } from './webhook-run.ts';

/** Runs a configuration of type 1: its commands one after the other, each step recorded (contract §5.5). */
@Injectable()
export class RunChain {
  constructor(
    private readonly command: CallChainCommand,
    private readonly compensation: CompensateChain,
    private readonly journal: ChainJournal,
    private readonly limits: ScriptLimitDefaults,
  ) {}

  async run(run: WebHookRun, body: RequestBody): Promise<RunEnd> {
    const results = new ChainResults();
    const chain = { run, body, results };
    for (const [index, step] of run.admitted.route.chain.steps.entries()) {
      const failure = await this.step(chain, step);
      if (run.divergedAt !== null) return { ...failed(diverged(run.divergedAt)), isDead: true };
      if (failure) return await this.stop(chain, { step, index, failure });
    }
    const resultJson = results.resultJson();
    return { answer: successAnswer(resultJson), failure: null, resultJson };
  }

  /** Null: the chain goes on. */
  private async step(chain: ChainRun, step: ChainStep): Promise<AppError | null> {
    const { run, results } = chain;
    const known = nextOnRecord(run);
    if (known && isStopped(known)) return stoppedBefore(chain, step, known);
    if (known && isSkipped(known)) return skip(chain, step, known);
    try {
      if (!known) this.checkTime(run);
      const call = await this.command.call(chain, step, step.goesOnAnyway);
      if (!call) return skip(chain, step, await this.journal.skip(run, step));
      results.add(step, call.envelope, call.durationMs);
      return step.goesOnAnyway ? null : call.failure;
    } catch (thrown) {
      const failure = asAppError(thrown);
      const envelope = failureEnvelope(failure);
      results.add(step, envelope, 0);
      show(run, step, envelope);
      return failure;
    }
  }

  private checkTime(run: WebHookRun): void {
    const totalMs = run.admitted.route.isAsync && !run.trial ? ASYNC_TOTAL_MS : this.limits.totalMs;
    if (performance.now() - run.begunAt > totalMs) throw chainTooLong(totalMs);
  }

  private async stop(chain: ChainRun, stop: ChainStop): Promise<RunEnd> {
    const { run, results } = chain;
    const { config, isAsync } = run.admitted.route;
    const known = run.recordedCalls[stop.index];
    const hasStopped = known !== undefined && isStopped(known);
    const goesOn =
      !hasStopped && isAsync && goesOnAfter(stop.failure, config.settings.retry, run.attempt, 0) !== null;
    // Nothing stops for good that the queue goes on with as soon as the engine is there again.
    const waits = isEngineAway(stop.failure) && (isAsync || run.job !== null) && !run.trial;
    if (results.undoable.length > 0 && !goesOn && !waits)
      return await this.compensation.compensate(chain, stop);
    // Nothing ran: whoever called has to mend it.
    const isRejection = stop.failure.code === 'webhook.malformed-body' && run.calls.length === 0;
    return { ...failed(stop.failure), isRejection };
  }
}

function skip({ run, results }: ChainRun, step: ChainStep, entry: RecordedCall): null {
  run.calls.push(entry);
  results.addSkipped(step);
  show(run, step, { ...skippedEnvelope, skipped: true });
  return null;
}

function stoppedBefore({ run, results }: ChainRun, step: ChainStep, known: RecordedCall): AppError {
  const envelope = parseJson(known.envelopeJson) as Envelope;
  const durationMs = known.recordedAt - known.startedAt;
  run.calls.push(known);
  results.add(step, envelope, durationMs);
  show(run, step, envelope, { startedAtMs: known.startedAt, durationMs });
  return callFailure({ envelope, status: known.status })!;
}

/** A step of the execution for which no command runs now. */
function show(
  run: WebHookRun,
  { name, commandName }: ChainStep,
  output: object,
  { startedAtMs, durationMs } = { startedAtMs: run.end().finishedAt, durationMs: 0 },
): void {
  run.addStep({ name, commandName, output, startedAtMs, durationMs });
}

function failed(failure: AppError): RunEnd {
  return { answer: failureAnswer(failure), failure };
}
