import { Injectable } from '@nestjs/common';
import type { Envelope } from '../../bus/index.ts';
import { AppError, kindOfStatus } from '../../platform/errors.ts';
import { type ChainCommand, chainInput } from './command-chain.ts';
import { EvaluateCall } from './evaluate-call.ts';
import { KnownFields } from './known-fields.ts';
import type { RequestBody } from './request-body.ts';
import { type CallAnswer, diverged, RunCalls } from './run-calls.ts';
import { ownerNotPermitted } from './webhook.errors.ts';
import type { WebHookRun } from './webhook-run.ts';

/** What the expressions of later steps see as `steps.<name>`. */
export type ChainScope = Record<string, { success: boolean; data: unknown; message: string }>;

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

  /** Null: its condition does not hold. @throws AppError where an expression fails. */
  async call(
    { run, body }: { run: WebHookRun; body: RequestBody },
    command: ChainCommand,
    scope: ChainScope,
  ): Promise<ChainCall | null> {
    const { program, commandName, label } = command;
    const values = program ? await this.evaluation.values(run, body, program, [JSON.stringify(scope)]) : [];
    const { isActive, input } = chainInput(command, values);
    if (!isActive) return null;
    const fields = input ?? this.knownFields.of(commandName, body);
    const answer = await this.calls.call(run, commandName, JSON.stringify(fields), { name: label });
    if (run.divergedAt !== null) throw diverged(run.divergedAt);
    return { ...answer, failure: failureOf(answer) };
  }
}

/** The failed command's own failure: it decides the answer's status and whether it is tried again. */
function failureOf({ envelope, status }: { envelope: Envelope; status: number }): AppError | null {
  if (envelope.success) return null;
  const failure = new AppError({
    code: envelope.code,
    kind: kindOfStatus(status),
    details: envelope.errors,
    publicMessage: envelope.message,
  });
  return failure.kind === 'forbidden' ? ownerNotPermitted(failure.details, failure) : failure;
}
