import { Injectable } from '@nestjs/common';
import { type Caller, Dispatcher, type Envelope } from '../../bus/index.ts';
import { reach } from '../../platform/fault-points.ts';
import { KnownFields } from './known-fields.ts';
import type { RequestBody } from './request-body.ts';
import { callFailure, RunCalls } from './run-calls.ts';
import { RunRecord } from './run-record.ts';
import { failureAnswer, successAnswer } from './webhook-answer.ts';
import { diverged, ownerNotPermitted } from './webhook.errors.ts';
import type { RunEnd, WebHookRun } from './webhook-run.ts';

/** Runs a configuration of type 0: its command, with those fields of the JSON body that the command knows, or those that it is mapped to. */
@Injectable()
export class RunNativeCommand {
  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly knownFields: KnownFields,
    private readonly record: RunRecord,
    private readonly calls: RunCalls,
  ) {}

  run(run: WebHookRun, body: RequestBody, caller: Caller): Promise<RunEnd> {
    const { config, expressions } = run.admitted.route;
    const type = config.settings.commandName ?? '';
    const input = run.mapped ?? this.knownFields.of(run, type, body);
    // In the transaction of its command only the database works: what comes after it, or is no part of it, may fail by itself,
    // and the command is not to be done again for that.
    const endsWithCommand = !expressions?.response && !this.dispatcher.actsOutside(type);
    return endsWithCommand && !run.trial
      ? this.runWhole(run, body, { type, input, caller })
      : this.runRecorded(run, type, input);
  }

  /** As a call that is on record before its end is known. */
  private async runRecorded(
    run: WebHookRun,
    type: string,
    input: Readonly<Record<string, unknown>>,
  ): Promise<RunEnd> {
    const answer = await this.calls.call(run, type, JSON.stringify(input));
    const failure = run.divergedAt === null ? callFailure(answer) : diverged(run.divergedAt);
    if (failure) return { answer: failureAnswer(failure), failure };
    return succeeded(answer.envelope as { data: unknown });
  }

  /** As one commit: the command's writes and the end of the run. */
  private async runWhole(
    run: WebHookRun,
    body: RequestBody,
    { type, input, caller }: NativeCall,
  ): Promise<RunEnd> {
    const recorded = this.dispatcher.recorded(type, input, run.ref.accountId);
    run.addCredentials(recorded.secrets);
    const startedAt = performance.now();
    // A transaction that is undone is no step: the failure that follows takes its place.
    const stepDone = (envelope: Envelope) => {
      const times = { startedAtMs: run.admitted.receivedAt, durationMs: performance.now() - startedAt };
      const output = outputOf(envelope);
      // Of a compressed body the record does not show the fields.
      if (body.received !== null || run.mapped)
        run.setOnlyStep({ name: type, input: recorded.input, output, ...times });
      else run.setOnlyStep({ name: type, inputFields: Object.keys(input), output, ...times });
    };
    const { envelope, error, isStoredAlongside } = await this.dispatcher.dispatch({
      type,
      input,
      caller,
      origin: run.originOf(1),
      alongside: async (tx, answer) => {
        run.addCredentials(this.dispatcher.secretResults(type, answer));
        stepDone(answer);
        await this.record.endIn(tx, run, succeeded(answer));
        reach('commit.before');
      },
      beforeEffects: () => this.record.beforeEffects(run),
    });
    if (!isStoredAlongside) stepDone(envelope);
    if (error) {
      const failure = error.kind === 'forbidden' ? ownerNotPermitted(error.details, error) : error;
      return { answer: failureAnswer(failure), failure };
    }
    return { ...succeeded(envelope), isStored: isStoredAlongside };
  }
}

function outputOf({ success, message, ...rest }: Envelope) {
  return 'errors' in rest ? { success, message, errors: rest.errors } : { success, message };
}

interface NativeCall {
  type: string;
  input: Readonly<Record<string, unknown>>;
  caller: Caller;
}

function succeeded({ data }: { data: unknown }): RunEnd {
  const resultJson = JSON.stringify(data);
  return { answer: successAnswer(resultJson), failure: null, resultJson };
}
