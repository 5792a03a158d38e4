import { Injectable } from '@nestjs/common';
import { untilStored } from '../../platform/db/index.ts';
import {
  type Dispatched,
  Dispatcher,
  type Envelope,
  failureEnvelope,
  inputIn,
  inputTooLarge,
} from '../../bus/index.ts';
import type { RecordedCall } from '../executions/index.ts';
import { AppError, asAppError, kindOfStatus } from '../../platform/errors.ts';
import { reach } from '../../platform/fault-points.ts';
import { parseJson } from '../../platform/json-text.ts';
import { maskedJson } from '../../platform/masking.rules.ts';
import { CallsWithin, hashOf } from './calls-within.ts';
import { RunCallers } from './run-callers.ts';
import { RunRecord } from './run-record.ts';
import { diverged, ownerNotPermitted, takenOver } from './webhook.errors.ts';
import type { WebHookRun } from './webhook-run.ts';

/** What of a step's input and output is kept. */
const STEP_JSON_LENGTH_MAX = 65_536;

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
  /** The failure itself; null where there is none, or none is known but what is on record. */
  error: AppError | null;
}

/** How a step shows beside its command. */
export interface StepLabel {
  name: string;
  /** True: the run does not mind its failure, so that a further attempt does not make it anew. */
  goesOnAnyway: boolean;
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
    private readonly within: CallsWithin,
  ) {}

  /** One command; whatever happens, the run gets an envelope. */
  async call(run: WebHookRun, type: string, inputJson: string, label?: StepLabel): Promise<CallAnswer> {
    reach('during-run');
    const began = performance.now();
    const inputHash = hashOf(type, inputJson);
    const goesOnAnyway = label?.goesOnAnyway === true;
    const order = { type, inputJson, input: inputIn(inputJson), inputHash, goesOnAnyway };
    const shown = this.shownInput(run, order);
    const known = run.recordedCalls[run.calls.length];
    if (run.divergedAt === null && known && (known.name !== type || known.inputHash !== inputHash))
      run.divergedAt = known.n;
    const { call, envelope, error = null } = await this.given(run, order, known);
    run.addCredentials(this.dispatcher.secretResults(type, envelope));
    const { envelopeJson, startedAt, recordedAt, status } = call;
    const durationMs = known ? recordedAt - startedAt : performance.now() - began;
    run.calls.push(call);
    run.addStep({
      ...(label ? { name: label.name, commandName: type } : { name: type }),
      input: shown,
      output: shownOf(run, envelopeJson, envelope),
      startedAtMs: startedAt,
      durationMs,
    });
    return { envelopeJson, envelope, status, recordedAt, durationMs, error };
  }

  /** The input as anybody may see it: a command may have fields that nobody may. */
  private shownInput(run: WebHookRun, { type, input, inputJson }: CallOrder): unknown {
    if (input === null) return '[it nests too deep to be shown]';
    const recorded = this.dispatcher.recorded(type, input, run.ref.accountId);
    run.addCredentials(recorded.secrets);
    const shownJson = recorded.input === input ? inputJson : JSON.stringify(recorded.input);
    return shownOf(run, shownJson, recorded.input);
  }

  /** What is on record at its place, or what making it gives; after one that differs from its record nothing is made. */
  private async given(run: WebHookRun, order: CallOrder, known: RecordedCall | undefined): Promise<Given> {
    if (run.divergedAt === null && known)
      return { call: known, envelope: parseJson(known.envelopeJson) as Envelope };
    const blank = { ...order, run, n: run.calls.length + 1, startedAt: this.record.now };
    if (run.divergedAt === null) return await this.make(blank);
    // What it would do belongs to another run.
    const envelope = failureEnvelope(diverged(run.divergedAt));
    return { call: this.recordOf(blank, envelope, 500), envelope };
  }

  private async make(blank: BlankCall): Promise<Given> {
    const { run } = blank;
    // As it was put on record: a script's time moves on to that moment, in this try as in those that follow.
    const stored: RecordedCall[] = [];
    const { envelope, status, error, isStoredAlongside } = await this.dispatch(blank, stored);
    const call = (isStoredAlongside && stored[0]) || this.recordOf(blank, envelope, status);
    // What was asked for before the run had to be durable is recorded with all the others at that moment.
    if (run.recordsCalls && !isStoredAlongside) {
      // It was made: whatever the database is about, the run sees no answer that is not on record.
      await untilStored(() => this.record.keepCall(run, call));
    }
    if (run.recordsCalls) reach('call.recorded');
    return { call, envelope, error };
  }

  /** @param stored gets the record that is a part of the command's transaction. */
  private async dispatch(blank: BlankCall, stored: RecordedCall[]): Promise<Dispatched> {
    const { run, type, input, inputHash, n } = blank;
    try {
      if (input === null) throw inputTooLarge();
      if (run.turn?.isHeld === false) throw takenOver();
      return await this.dispatcher.dispatch({
        type,
        input,
        // Looked up for each call: a permission that is taken away holds at once.
        caller: this.callers.of(run),
        origin: run.originOf(n),
        isSimulated: run.trial?.isSimulated ?? false,
        beforeEffects: () => this.record.beforeEffects(run),
        journal: () => this.within.of(run, n, inputHash),
        ...(run.recordsCalls && {
          alongside: async (tx, envelope) => {
            stored[0] = this.recordOf(blank, envelope, 200);
            await this.record.keepCallIn(tx, run, stored[0]);
          },
        }),
      });
    } catch (thrown) {
      const error = asAppError(thrown);
      return { status: error.status, envelope: failureEnvelope(error), error, isStoredAlongside: false };
    }
  }

  private recordOf(
    { run, type, inputJson, inputHash, goesOnAnyway, n, startedAt }: BlankCall,
    envelope: Envelope,
    status: number,
  ): RecordedCall {
    return {
      n,
      attempt: run.attempt,
      name: type,
      inputHash,
      isSuccess: envelope.success || goesOnAnyway,
      status,
      startedAt,
      recordedAt: this.record.now,
      inputJson,
      envelopeJson: JSON.stringify(envelope),
    };
  }
}

interface CallOrder {
  type: string;
  inputJson: string;
  /** Null: it nests too deep to be read. */
  input: Record<string, unknown> | null;
  inputHash: string;
  goesOnAnyway: boolean;
}

interface BlankCall extends CallOrder {
  run: WebHookRun;
  n: number;
  startedAt: number;
}

/** A call and what it gave. */
interface Given {
  call: RecordedCall;
  envelope: Envelope;
  error?: AppError | null;
}

/** A value as a step keeps it: cut where its JSON text is long, after what nobody may read was masked in it. */
function shownOf({ credentials }: WebHookRun, json: string, value: unknown): unknown {
  if (json.length <= STEP_JSON_LENGTH_MAX) return value;
  return `${maskedJson(value, credentials).slice(0, 1000)}… (${json.length} characters)`;
}

/** The failed command's own failure, which decides the answer's status and whether it is tried again; null: it succeeded. */
export function callFailure(
  answer: Pick<CallAnswer, 'envelope' | 'status'> & Partial<CallAnswer>,
): AppError | null {
  const { envelope, status, error } = answer;
  if (envelope.success) return null;
  const failure = new AppError({
    code: envelope.code,
    kind: kindOfStatus(status),
    details: envelope.errors,
    publicMessage: envelope.message,
    cause: error,
    ...(error?.retryAfterSeconds !== undefined && { retryAfterSeconds: error.retryAfterSeconds }),
  });
  return failure.kind === 'forbidden' ? ownerNotPermitted(failure.details, failure) : failure;
}
