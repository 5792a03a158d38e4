import { Injectable } from '@nestjs/common';
import type { AppError } from '../../platform/errors.ts';
import { nextOnRecord } from './chain-journal.ts';
import type { ChainResults } from './chain-results.ts';
import { type ChainCommand, chainInput } from './command-chain.ts';
import { EvaluateCall } from './evaluate-call.ts';
import { KnownFields } from './known-fields.ts';
import type { RequestBody } from './request-body.ts';
import { type CallAnswer, callFailure, RunCalls } from './run-calls.ts';
import type { WebHookRun } from './webhook-run.ts';

/** One try of one chain. */
export interface ChainRun {
  run: WebHookRun;
  body: RequestBody;
  results: ChainResults;
}

/** What one command of a chain came to. */
export interface ChainCall extends CallAnswer {
  /** Null: it succeeded. */
  failure: AppError | null;
}

/** One command of a chain, or of its compensation. */
@Injectable()
export class CallChainCommand {
  constructor(
    private readonly evaluation: EvaluateCall,
    private readonly knownFields: KnownFields,
    private readonly calls: RunCalls,
  ) {}

  /** Null: its condition does not hold. @param goesOnAnyway as of a step. @throws AppError where an expression fails. */
  async call(chain: ChainRun, command: ChainCommand, goesOnAnyway = false): Promise<ChainCall | null> {
    const { run } = chain;
    const { commandName, label } = command;
    // What it got then is not asked again: an expression may give something else by now.
    const inputJson = nextOnRecord(run)?.inputJson ?? (await this.inputJson(chain, command));
    if (inputJson === null) return null;
    const answer = await this.calls.call(run, commandName, inputJson, { name: label, goesOnAnyway });
    return { ...answer, failure: callFailure(answer) };
  }

  private async inputJson({ run, body, results }: ChainRun, command: ChainCommand): Promise<string | null> {
    const { program, commandName } = command;
    const values = program ? await this.evaluation.values(run, body, program, [results.stepsJson()]) : [];
    const { isActive, input } = chainInput(command, values);
    return isActive ? JSON.stringify(input ?? this.knownFields.of(run, commandName, body)) : null;
  }
}
