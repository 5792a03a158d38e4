import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  type Dispatched,
  Dispatcher,
  failureEnvelope,
  inputIn,
  inputTooLarge,
  type WorkAnswer,
  type WorkCall,
  type WorkJournal,
} from '../../bus/index.ts';
import type { RecordedCall } from '../executions/index.ts';
import { asAppError } from '../../platform/errors.ts';
import { untilStored } from '../../platform/db/index.ts';
import { reach } from '../../platform/fault-points.ts';
import { RunRecord } from './run-record.ts';
import { diverged } from './webhook.errors.ts';
import type { WebHookRun } from './webhook-run.ts';

/** Tells the same call from another. */
export function hashOf(type: string, inputJson: string): string {
  return createHash('sha256').update(`${type}\n${inputJson}`).digest('base64url');
}

/** The work of one call, where it stands among the calls of its run. */
interface Work {
  run: WebHookRun;
  /** The number of the run's own call. */
  outerN: number;
  /** The same for the same call with the same input: another call has called nothing yet. */
  name: string;
  /** Where its time stands: it moves on to each answer; null: it is the real one. */
  at: number | null;
  /** How many calls it has made in this try. */
  made: number;
}

/**
 * What the work of a called command calls itself, where its run may be run again: on record before the work sees it, and
 * given again in its place, as the run's own calls are.
 */
@Injectable()
export class CallsWithin {
  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly record: RunRecord,
  ) {}

  /** Within the nth call of a run. */
  of(run: WebHookRun, n: number, inputHash: string): WorkJournal {
    const at = run.recordsCalls ? (run.calls.at(-1)?.recordedAt ?? run.admitted.receivedAt) : null;
    return this.journal({ run, outerN: n, name: `${n}:${inputHash}`, at, made: 0 });
  }

  private journal(work: Work): WorkJournal {
    const { run, name, at: startedAt } = work;
    return {
      name: `${run.id}/${name}`,
      version: versionOnRecord(run, name),
      startedAt,
      call: async (version, call) => {
        const answer = await this.call(work, `${name}@${version}`, call);
        if (work.at !== null) work.at = answer.recordedAt;
        return answer;
      },
      log: (lines) => run.linesWithin.add(lines),
    };
  }

  private async call(work: Work, place: string, call: WorkCall): Promise<WorkAnswer> {
    const { run, outerN } = work;
    const n = (work.made += 1);
    const { type, inputJson } = call;
    const inputHash = hashOf(type, inputJson);
    const known = run.recordedWithin.get(place)?.[n - 1];
    if (known && (known.name !== type || known.inputHash !== inputHash)) run.divergedAt ??= outerN;
    if (run.divergedAt !== null) {
      // What it would do belongs to another run.
      const envelopeJson = JSON.stringify(failureEnvelope(diverged(run.divergedAt)));
      return { envelopeJson, recordedAt: this.record.now };
    }
    if (known) return known;
    return await this.make(work, call, { place, n, inputHash, startedAt: this.record.now });
  }

  private async make(work: Work, call: WorkCall, blank: Blank): Promise<RecordedCall> {
    const { run } = work;
    const stored: RecordedCall[] = [];
    const { envelope, status, isStoredAlongside } = await this.dispatch(work, call, { blank, stored });
    // What the work is told it may give back, or write into its log.
    run.addCredentials(this.dispatcher.secretResults(call.type, envelope));
    const recorded =
      (isStoredAlongside && stored[0]) || this.recordOf(run, call, { ...blank, status, envelope });
    // What was called before the run had to be durable is recorded with all the others at that moment.
    if (!run.recordsCalls) run.callsWithin.push(recorded);
    else if (!isStoredAlongside) await untilStored(() => this.record.keepCall(run, recorded));
    if (run.recordsCalls) reach('call-within.recorded');
    return recorded;
  }

  private async dispatch(
    { run, outerN, name, at }: Work,
    call: WorkCall,
    { blank, stored }: { blank: Blank; stored: RecordedCall[] },
  ): Promise<Dispatched> {
    try {
      const input = inputIn(call.inputJson);
      if (input === null) throw inputTooLarge();
      run.addCredentials(this.dispatcher.recorded(call.type, input, run.ref.accountId).secrets);
      return await this.dispatcher.dispatch({
        type: call.type,
        input,
        caller: call.caller(),
        origin: call.origin,
        beforeEffects: () => this.record.beforeEffects(run),
        journal: () =>
          this.journal({
            run,
            outerN,
            name: `${name}/${blank.n}:${blank.inputHash}`,
            at,
            made: 0,
          }),
        ...(run.recordsCalls && {
          alongside: async (tx, envelope) => {
            stored[0] = this.recordOf(run, call, { ...blank, status: 200, envelope });
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
    { attempt }: WebHookRun,
    { type, inputJson }: WorkCall,
    { envelope, ...rest }: Blank & Pick<Dispatched, 'status' | 'envelope'>,
  ): RecordedCall {
    return {
      ...rest,
      attempt,
      name: type,
      inputJson,
      isSuccess: envelope.success,
      recordedAt: this.record.now,
      envelopeJson: JSON.stringify(envelope),
    };
  }
}

type Blank = Pick<RecordedCall, 'n' | 'inputHash' | 'startedAt'> & { place: string };

/** By which version of the work the calls on record were made; null: none is. */
function versionOnRecord({ recordedWithin }: WebHookRun, name: string): number | null {
  for (const [place, calls] of recordedWithin) {
    if (calls.length > 0 && place.startsWith(`${name}@`)) return Number(place.slice(name.length + 1));
  }
  return null;
}
