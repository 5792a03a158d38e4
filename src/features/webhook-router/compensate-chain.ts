import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { type AppError, asAppError } from '../../platform/errors.ts';
import { reach } from '../../platform/fault-points.ts';
import { CallChainCommand, type ChainRun } from './call-chain-command.ts';
import { ChainJournal, type ChainStop } from './chain-journal.ts';
import { compensationFailed, compensationIncomplete } from './chain.errors.ts';
import type { ChainStep } from './command-chain.ts';
import { nextAttemptAt } from './retry.rules.ts';
import { failureAnswer } from './webhook-answer.ts';
import type { RunEnd } from './webhook-run.ts';

/**
 * Undoes what a chain has done that stopped for good. That it has stopped is on record before the first compensation,
 * and from then on the queue goes on with the run: a crash at any moment repeats none whose result is on record.
 */
@Injectable()
export class CompensateChain {
  constructor(
    private readonly command: CallChainCommand,
    private readonly journal: ChainJournal,
    private readonly clock: Clock,
  ) {}

  async compensate(chain: ChainRun, stop: ChainStop): Promise<RunEnd> {
    const { run, results } = chain;
    const { failure } = stop;
    const stoppedInAttempt = await this.journal.stop(run, stop);
    for (const step of results.undoable.toReversed()) {
      const fault = await this.undo(chain, step);
      if (!fault) continue;
      const { retry } = run.admitted.route.config.settings;
      const tries = run.attempt - stoppedInAttempt + 1;
      const goesOnAt = run.trial ? null : nextAttemptAt(retry, tries, this.clock.now());
      if (goesOnAt !== null)
        return { answer: failureAnswer(failure), failure: compensationFailed(step.name, fault), goesOnAt };
      const incomplete = compensationIncomplete(step.name, fault, failure);
      return { answer: failureAnswer(incomplete), failure: incomplete, goesOnAt, isDead: true };
    }
    return { answer: failureAnswer(failure), failure, goesOnAt: null, isUndone: true };
  }

  /** Null: what the step did is undone. */
  private async undo(chain: ChainRun, { compensation }: ChainStep): Promise<AppError | null> {
    try {
      const answer = await this.command.call(chain, compensation!);
      if (answer?.failure) return answer.failure;
      reach('compensation.done');
      return null;
    } catch (thrown) {
      return asAppError(thrown);
    }
  }
}
