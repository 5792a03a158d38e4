import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type Dispatched, Dispatcher, type Envelope, failureEnvelope } from '../../bus/index.ts';
import type { RecordedCall } from '../executions/index.ts';
import { Clock } from '../../platform/clock.ts';
import { AppError, asAppError } from '../../platform/errors.ts';
import { reach } from '../../platform/fault-points.ts';
import { nestsDeeperThan } from '../../platform/json-guard.rules.ts';
import { parseJson } from '../../platform/json-text.ts';
import { keptOf } from './kept-json.ts';
import { RunCallers } from './run-callers.ts';
import { RunRecord } from './run-record.ts';
import { untilStored } from './until-stored.ts';
import type { WebHookRun } from './webhook-run.ts';

/** As at the command endpoint. */
const INPUT_DEPTH_MAX = 64;

/** What a run is told of one call. */
export interface CallAnswer {
  /** JSON text. */
  envelopeJson: string;
  envelope: Envelope;
  /** As the command endpoint would have answered. */
  status: number;
  /** Milliseconds since 1970: when it was put on record, or became known. */
  recordedAt: number;
  durationMs: number;
}

/** How a step shows beside its command. */
export interface StepLabel {
  name: string;
}

/**
 * The commands that a run calls: as the configuration's caller, each a step of the execution. Where the run goes on
 * after a crash or a failure, what a command gave is on record before the run sees it, and is given again in its place.
 */
@Injectable()
export class RunCalls {
  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly record: RunRecord,
    private readonly callers: RunCallers,
    private readonly clock: Clock,
  ) {}

  /** @throws AppError 503 when nobody may act for the run. */
  mustHaveCaller(run: WebHookRun): void {
    this.callers.of(run);
  }

  /** One command; whatever happens, the run gets an envelope. */
  async call(run: WebHookRun, type: string, inputJson: string, label?: StepLabel): Promise<CallAnswer> {
    reach('during-run');
    const began = performance.now();
    const inputHash = createHash('sha256').update(`${type}\n${inputJson}`).digest('base64url');
    const shown = this.shownInput(run, type, inputJson);
    const known = run.recordedCalls[run.calls.length];
    if (run.divergedAt === null && known && (known.name !== type || known.inputHash !== inputHash))
      run.divergedAt = known.n;
    const call =
      run.divergedAt === null
        ? (known ?? (await this.make(run, { type, inputJson, inputHash })))
        : this.refuse(run, { type, inputJson, inputHash });
    const durationMs = known ? known.recordedAt - known.startedAt : performance.now() - began;
    run.calls.push(call);
    run.addCallStep(call, { label: label?.name, shown, durationMs });
    const envelope = parseJson(call.envelopeJson) as Envelope;
    const { envelopeJson, recordedAt, status } = call;
    return { envelopeJson, envelope, status, recordedAt, durationMs };
  }

  /** The input as anybody may see it: a command may have fields that nobody may. */
  private shownInput(run: WebHookRun, type: string, inputJson: string): unknown {
    if (nestsDeeperThan(Buffer.from(inputJson), INPUT_DEPTH_MAX)) return inputJson.slice(0, 1000);
    const input = parseJson(inputJson) as Record<string, unknown>;
    const recorded = this.dispatcher.recorded(type, input);
    if (recorded.secrets.length > 0) run.addCredentials(recorded.secrets);
    return keptOf(recorded.input === input ? inputJson : JSON.stringify(recorded.input));
  }

  private async make(run: WebHookRun, order: CallOrder): Promise<RecordedCall> {
    const startedAt = this.clock.now();
    const blank = { ...order, run, n: run.calls.length + 1, startedAt };
    const dispatched = await this.dispatch(blank);
    const call = this.recordOf(blank, dispatched.envelope, dispatched.status);
    // What was asked for before the run had to be durable is recorded with all the others at that moment.
    if (run.recordsCalls && !dispatched.isStoredAlongside) {
      // It was made: whatever the database is about, the run sees no answer that is not on record.
      await untilStored(() => this.record.keepCall(run, call));
    }
    if (run.recordsCalls) reach('call.recorded');
    return call;
  }

  private async dispatch(blank: BlankCall): Promise<Dispatched> {
    const { run, type, inputJson, n } = blank;
    try {
      if (nestsDeeperThan(Buffer.from(inputJson), INPUT_DEPTH_MAX)) throw tooDeep();
      // Looked up for each call: a permission that is taken away holds at once.
      const caller = this.callers.of(run);
      return await this.dispatcher.dispatch({
        type,
        input: parseJson(inputJson) as Record<string, unknown>,
        caller,
        origin: run.originOf(n),
        isSimulated: run.trial?.isSimulated ?? false,
        beforeEffects: () => this.record.beforeEffects(run),
        ...(run.recordsCalls && {
          alongside: (tx, envelope) => this.record.keepCallIn(tx, run, this.recordOf(blank, envelope, 200)),
        }),
      });
    } catch (thrown) {
      const error = asAppError(thrown);
      return { status: error.status, envelope: failureEnvelope(error), error, isStoredAlongside: false };
    }
  }

  private recordOf(
    { run, type, inputJson, inputHash, n, startedAt }: BlankCall,
    envelope: Envelope,
    status: number,
  ): RecordedCall {
    return {
      n,
      attempt: run.attempt,
      name: type,
      inputHash,
      isSuccess: envelope.success,
      status,
      startedAt,
      recordedAt: this.clock.now(),
      inputJson,
      envelopeJson: JSON.stringify(envelope),
    };
  }

  /** After a call that is not the recorded one nothing is done any more: what it would do belongs to another run. */
  private refuse(run: WebHookRun, order: CallOrder): RecordedCall {
    const blank = { ...order, run, n: run.calls.length + 1, startedAt: this.clock.now() };
    return this.recordOf(blank, failureEnvelope(diverged(run.divergedAt!)), 500);
  }
}

interface CallOrder {
  type: string;
  inputJson: string;
  inputHash: string;
}

interface BlankCall extends CallOrder {
  run: WebHookRun;
  n: number;
  startedAt: number;
}

/** A run that does something else than before cannot go on from what was done: the configuration or its data has changed. */
export function diverged(n: number): AppError {
  return new AppError({
    code: 'script.diverged',
    kind: 'surprise',
    details: [`Call ${n} differs from the one that is on record at its place`],
  });
}

function tooDeep(): AppError {
  return new AppError({
    code: 'bus.validation-failed',
    kind: 'invalid',
    publicMessage: 'Validation failed',
    details: [`The data nests deeper than ${INPUT_DEPTH_MAX} levels`],
  });
}
