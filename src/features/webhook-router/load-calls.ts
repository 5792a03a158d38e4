import { Injectable } from '@nestjs/common';
import { Dispatcher, type Envelope, inputIn } from '../../bus/index.ts';
import { parseJson } from '../../platform/json-text.ts';
import { type RecordedCall, RecordedCalls } from '../executions/index.ts';
import type { WebHookRun } from './webhook-run.ts';

/** What a run has called before, as far as it is given again. */
@Injectable()
export class LoadCalls {
  constructor(
    private readonly recordedCalls: RecordedCalls,
    private readonly dispatcher: Dispatcher,
  ) {}

  /** What is secret in any of it is masked from now on, whichever of the calls the run comes to. */
  async into(run: WebHookRun): Promise<void> {
    const { calls, within } = await this.recordedCalls.of(run.id, run.attempt);
    run.recordedCalls = calls;
    run.recordedWithin = within;
    for (const call of [...calls, ...[...within.values()].flat()])
      run.addCredentials(this.secretsOf(run, call));
  }

  private secretsOf({ ref }: WebHookRun, { name, inputJson, envelopeJson }: RecordedCall): string[] {
    const input = inputIn(inputJson);
    const given = input ? this.dispatcher.recorded(name, input, ref.accountId).secrets : [];
    return [...given, ...this.dispatcher.secretResults(name, parseJson(envelopeJson) as Envelope)];
  }
}
