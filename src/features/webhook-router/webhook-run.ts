import { createHash } from 'node:crypto';
import type { Origin } from '../../bus/index.ts';
import {
  type CallsOnRecord,
  credentialsOf,
  type ExecutionOutcome,
  type ExecutionRef,
  type ExecutionStep,
  type ReceivedExecution,
  type RecordedCall,
  type RecordedVerdict,
  type ReplayTerms,
  type RequestMeta,
} from '../executions/index.ts';
import type { AppError } from '../../platform/errors.ts';
import { MASK, maskedJson, withoutCredentials } from '../../platform/masking.rules.ts';
import type { Held } from '../../platform/db/index.ts';
import type { Job } from '../../platform/queue/index.ts';
import type { AdmittedCall } from './incoming-call.ts';
import { LinesWithin } from './lines-within.ts';
import { exactAnswerJson, headersBesideType, ignoredAnswer, type WebHookAnswer } from './webhook-answer.ts';

/** A key that was not kept: its hash in place of it. */
const maskedKey = /^\[masked\] ([\w-]{43})$/;

/** How a run ended, before it is on disk. */
export interface RunEnd {
  answer: WebHookAnswer;
  /** Null: it succeeded. */
  failure: AppError | null;
  /** JSON text of what the work gave, from which an expression may make another answer. */
  resultJson?: string;
  /** Set where the work has settled it itself: when it goes on (milliseconds since 1970); null: never again. */
  goesOnAt?: number | null;
  /** True: it can never be brought to a good end. */
  isDead?: boolean;
  /** True: what it did was undone, so that a repeat begins from the beginning. */
  isUndone?: boolean;
  /** True when nothing ran. */
  isRejection?: boolean;
  /** True when nothing was to run. */
  isIgnored?: boolean;
  /** True when it is on disk already, with the writes of its command. */
  isStored?: boolean;
}

/** One attempt that did not succeed, as it is kept beside those that followed. */
export interface FailedAttempt {
  attempt: number;
  endedAt: string;
  durationMs: number;
  code: string;
  errors: readonly string[];
}

/** A run that leaves no execution. */
export interface Trial {
  /** Who wants to know what would happen, and who wrote the body. */
  coAuthors: readonly string[];
  /** True: queries run, commands do not. */
  isSimulated: boolean;
}

/** What one call gathers on its way to its record. */
export class WebHookRun {
  private readonly stepTexts: string[] = [];
  /** `performance.now()` at the start of this try. */
  begunAt = performance.now();
  logs: readonly object[] = [];
  /** What definitions that it called have written. */
  readonly linesWithin = new LinesWithin();
  /** True once the request is on disk: from then on all else completes that record. */
  isOnRecord = false;
  /** The number of this try, from 1. */
  attempt = 1;
  failedAttempts: FailedAttempt[] = [];
  replayOf: string | null = null;
  /** How many runs have started one another up to this one. */
  depth = 0;
  /** How it differs from what it repeats on purpose; null: it is no replay. */
  terms: ReplayTerms | null = null;
  /** Null: nothing was to be proven. */
  verdict: RecordedVerdict | null = null;
  /** Null: it counts. */
  trial: Trial | null = null;
  /** True where a crash does not end it. */
  isDurable = false;
  /** Set while the queue holds a job that goes on with this run after a crash. */
  job: Job | null = null;
  /** Its idempotency key's, where other processes may have calls with the same one; null: nobody else can. */
  turn: Held | null = null;
  /** The commit on its way that an answer before the end rests on. */
  deferring: Promise<void> | null = null;
  /** True from the moment at which its end is put on record. */
  isEnding = false;
  /** True: what a command gives is on record before the run sees it. */
  recordsCalls = false;
  /** What earlier tries left, in order: given again instead of being done again. */
  recordedCalls: readonly RecordedCall[] = [];
  /** The same of what was called within their calls, by place. */
  recordedWithin: CallsOnRecord['within'] = new Map();
  /** What this try's calls have called so far, as far as it is not on record yet. */
  readonly callsWithin: RecordedCall[] = [];
  /** What this try was given so far, recorded ones included. */
  readonly calls: RecordedCall[] = [];
  /** The call on its way; it goes on when its script is stopped. */
  callAtHand: Promise<unknown> | null = null;
  /** The place of the call that is not the recorded one. */
  divergedAt: number | null = null;
  /** The command's fields, where an expression gave them. */
  mapped: Record<string, unknown> | undefined;
  idempotencyKey: string | null = null;
  private keyHash: string | null = null;
  private knownCredentials: readonly string[] | undefined;
  private ownCredentials: readonly string[] = [];

  constructor(
    readonly admitted: AdmittedCall,
    readonly meta: RequestMeta,
    readonly metaJson: string,
    /** As received. */
    readonly body: Buffer,
  ) {}

  get id(): string {
    return this.admitted.id;
  }

  /** Who had a say in what it does beside its owner: none lends it a permission that he has not himself. */
  get coAuthors(): readonly string[] {
    if (this.trial) return this.trial.coAuthors;
    if (!this.terms) return [];
    const { startedBy, runs, bodyBy } = this.terms;
    return [...(bodyBy === null ? [] : [bodyBy]), ...(runs === 'saved' ? [] : [startedBy])];
  }

  get ref(): ExecutionRef {
    return { accountId: this.admitted.route.config.accountId, id: this.admitted.id };
  }

  /** Names what may happen once: this execution, or all of the configuration with the same idempotency key. */
  get runKey(): string {
    return this.keyHash === null ? this.id : `${this.admitted.route.config.id}:${this.keyHash}`;
  }

  /** The hash of the idempotency key; null where the run has none. */
  get idempotencyHash(): string | null {
    return this.keyHash;
  }

  /** From now on the run counts as one with all others of this key. */
  countOnce(idempotencyKey: string): void {
    this.idempotencyKey = idempotencyKey;
    this.keyHash = createHash('sha256').update(idempotencyKey).digest('base64url');
    this.recordsCalls = true;
  }

  /** The same for a run that is on record. */
  countAgain(recordedKey: string): void {
    this.countOnce(recordedKey);
    this.keyHash = maskedKey.exec(recordedKey)?.[1] ?? this.keyHash;
  }

  /** The key as it is kept; what must be readable nowhere stands in no key either, and its hash finds the run. */
  private get recordedKey(): string | null {
    const key = this.idempotencyKey;
    if (key === null) return null;
    const isReadable = !maskedKey.test(key) && withoutCredentials(key, this.credentials) === key;
    return isReadable ? key : `${MASK} ${this.keyHash}`;
  }

  /** Where the nth command comes from, with a key by which it can be recognised when it comes again. */
  originOf(n: number): Origin {
    const { id, runKey, attempt, credentials, depth } = this;
    const idempotencyKey = attempt === 1 ? `${runKey}/${n}` : `${runKey}/${attempt}/${n}`;
    return { executionId: id, credentials, idempotencyKey, depth, nesting: 1 };
  }

  /** What of the request must be readable nowhere in what is kept. */
  get credentials(): readonly string[] {
    return (this.knownCredentials ??= credentialsOf(this.meta, this.ownCredentials));
  }

  /** What proved the call, and with what: readable nowhere either. */
  addCredentials(values: readonly string[]): void {
    if (values.length === 0) return;
    this.ownCredentials = [...this.ownCredentials, ...values];
    this.knownCredentials = undefined;
  }

  /** Keeps a step; credentials of the request are masked in it. */
  addStep(step: ExecutionStep): void {
    this.stepTexts.push(maskedJson(step, this.credentials));
  }

  /** Keeps the only step of a run; masking costs more than the rest of the record where there is nothing to mask. */
  setOnlyStep(step: ExecutionStep): void {
    const { success } = step.output as { success: boolean };
    const isAllOurs = success && step.input === undefined;
    this.stepTexts[0] = isAllOurs ? JSON.stringify(step) : maskedJson(step, this.credentials);
  }

  received(): ReceivedExecution {
    const { id, route, receivedAt } = this.admitted;
    const { config } = route;
    return {
      id,
      accountId: config.accountId,
      configId: config.id,
      configVersion: config.version,
      key: config.key,
      method: this.meta.method,
      path: this.meta.path,
      ip: this.meta.ip,
      receivedAt,
      attempt: this.attempt,
      idempotencyKey: this.recordedKey,
      replayOf: this.replayOf,
      isDurable: this.isDurable,
      request: this.isOnRecord
        ? null
        : {
            metaJson: this.metaJson,
            body: this.body,
            credentials: this.ownCredentials,
            rawQuery: rawQueryOf(this.admitted.call.url),
            terms: this.terms,
            verdict: this.verdict,
          },
    };
  }

  /** When it ended, now, and how long it took. */
  end(): { finishedAt: number; durationMs: number } {
    const durationMs = performance.now() - this.admitted.startedAt;
    return {
      finishedAt: this.admitted.receivedAt + Math.round(durationMs),
      durationMs: Math.round(durationMs * 1000) / 1000,
    };
  }

  /** The end as it is stored: credentials of the request are masked in whatever was made from it. */
  outcome({ answer, failure, isDead, isRejection, isIgnored }: RunEnd): ExecutionOutcome {
    const { credentials } = this;
    const cleanJson = (value: object | null) =>
      value === null ? this.nothing : maskedJson(value, credentials);
    const answerHeaders = cleanJson(headersBesideType(answer));
    const answerBody = withoutCredentials(answer.body, credentials);
    return {
      status: isDead
        ? 'dead'
        : isRejection
          ? 'rejected'
          : failure
            ? 'failed'
            : isIgnored
              ? 'ignored'
              : 'succeeded',
      code: failure?.code ?? null,
      answerStatus: answer.status,
      ...this.end(),
      steps: this.stepTexts.length === 0 ? this.nothing : `[${this.stepTexts.join(',')}]`,
      logs: cleanJson(this.allLogs.length === 0 ? null : this.allLogs),
      errors: cleanJson(failure?.details ?? null),
      answerHeaders,
      answerBody,
      exactAnswer: this.mayBeAskedAgain ? (exactAnswerJson(answer, answerBody) ?? this.nothing) : null,
      attempts: this.attemptsJson,
    };
  }

  get allLogs(): readonly object[] {
    return this.linesWithin.after(this.logs);
  }

  /** True where somebody may ask for the answer once more: with the same key, or with a ticket. */
  private get mayBeAskedAgain(): boolean {
    return this.recordsCalls || this.isDurable;
  }

  /** JSON text of the attempts that failed before; null: none did. */
  get attemptsJson(): string | null {
    return this.failedAttempts.length === 0 ? null : maskedJson(this.failedAttempts, this.credentials);
  }

  /** Takes the place of what an earlier attempt left; the first has nothing to take the place of. */
  private get nothing(): string | null {
    return this.attempt === 1 ? null : 'null';
  }
}

/** The end of a call whose condition does not hold. */
export function ignoredEnd(executionId: string): RunEnd {
  return { answer: ignoredAnswer(executionId), failure: null, isIgnored: true };
}

function rawQueryOf(url: string): string | null {
  const at = url.indexOf('?');
  return at === -1 ? null : url.slice(at + 1);
}
