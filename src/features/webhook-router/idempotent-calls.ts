import { Injectable } from '@nestjs/common';
import { asAppError } from '../../platform/errors.ts';
import { InFlight } from '../../platform/in-flight.ts';
import { reach } from '../../platform/fault-points.ts';
import type { NewJob } from '../../platform/queue/index.ts';
import type { AwaitedRun, WebHookReply } from './answer-in-time.ts';
import { IdempotencyKeys } from './idempotency-keys.ts';
import { ResumeRun } from './resume-run.ts';
import { RunRecord } from './run-record.ts';
import { storedAnswer, StoredAnswers } from './stored-answers.ts';
import { failureAnswer } from './webhook-answer.ts';
import { executionErased } from './webhook.errors.ts';
import type { WebHookRun } from './webhook-run.ts';

/** How a call is run that is the first of its key, or the next after one that failed. */
export interface FirstRun {
  /** The job that the call's record comes with: an asynchronous one. */
  job?: NewJob;
  /** Runs it and gives its reply; throws where that could not be stored. */
  start(run: WebHookRun): Promise<WebHookReply>;
}

/** Calls with an idempotency key: of all with the same key one counts. */
@Injectable()
export class IdempotentCalls {
  private readonly atHand = new InFlight<AwaitedRun>();

  constructor(
    private readonly keys: IdempotencyKeys,
    private readonly answers: StoredAnswers,
    private readonly resume: ResumeRun,
    private readonly record: RunRecord,
  ) {}

  /** The run that counts for this call: a new one, a further attempt of one that failed, or one that is or was run already. */
  enter(run: WebHookRun, key: string, first: FirstRun): AwaitedRun {
    run.countOnce(key);
    return this.join(run.runKey, (awaited) => this.settle(run, awaited, first));
  }

  /** A run that goes on after a crash: repeats wait for it. */
  goOn(run: WebHookRun, ended: Promise<WebHookReply>): void {
    if (run.idempotencyHash === null) return;
    this.join(run.runKey, (awaited) => {
      awaited.run = run;
      return ended;
    });
  }

  private join(name: string, begin: (awaited: AwaitedRun) => Promise<WebHookReply>): AwaitedRun {
    const known = this.atHand.get(name);
    if (known) return known;
    const awaited = { run: null } as AwaitedRun;
    this.atHand.set(name, awaited);
    awaited.ended = begin(awaited).finally(() => this.atHand.delete(name));
    return awaited;
  }

  /** Of all processes one at a time settles a key, and has it until the run has ended: the others wait as those here do. */
  private async settle(run: WebHookRun, awaited: AwaitedRun, first: FirstRun): Promise<WebHookReply> {
    if (!this.keys.areShared) return await this.settleHere(run, awaited, first);
    run.turn = await this.keys.turnOf(run);
    if (run.turn === null) return await this.heldElsewhere(run);
    try {
      return await this.settleHere(run, awaited, first);
    } finally {
      run.turn.release();
    }
  }

  /** The ticket of a run that another process is at. */
  private async heldElsewhere(run: WebHookRun): Promise<WebHookReply> {
    try {
      const claim = await this.keys.find(run);
      if (!claim) throw new Error('The key is held and nobody has claimed it');
      const ref = { accountId: run.ref.accountId, id: claim.executionId };
      return { answer: this.answers.accepted(ref), executionId: claim.executionId };
    } catch (thrown) {
      return { answer: failureAnswer(asAppError(thrown)), executionId: run.id };
    }
  }

  private async settleHere(run: WebHookRun, awaited: AwaitedRun, first: FirstRun): Promise<WebHookReply> {
    try {
      const claim = await this.keys.find(run);
      if (claim && !claim.isOver) return await this.repeat(run, claim.executionId, { awaited, first });
      const rows = this.record.progressRows(run);
      if (claim) await this.keys.takeOver(run, rows, first.job);
      else await this.keys.claim(run, rows, first.job);
      run.isOnRecord = true;
      awaited.run = run;
      reach('received.committed');
      return await first.start(run);
    } catch (thrown) {
      return { answer: failureAnswer(asAppError(thrown)), executionId: run.id };
    }
  }

  private async repeat(
    run: WebHookRun,
    executionId: string,
    { awaited, first }: { awaited: AwaitedRun; first: FirstRun },
  ): Promise<WebHookReply> {
    const ref = { accountId: run.ref.accountId, id: executionId };
    const known = await this.answers.find(ref);
    const isDone = isSuccess(known?.head.answerStatus ?? null);
    if (known && isDone && !first.job) return { answer: storedAnswer(known), executionId };
    const goesOn = known?.head.isDurable === true && known.head.finishedAt === null;
    if (goesOn || isDone) return { answer: this.answers.accepted(ref), executionId };
    const further = known && (await this.resume.furtherAttempt(known));
    // What it did is not known any more, and must not be done again.
    if (!further) return { answer: failureAnswer(executionErased()), executionId };
    if (first.job) {
      further.isDurable = true;
      await this.record.accept(further, { ...first.job, id: executionId, attempt: further.attempt });
    } else await this.record.openAgain(further);
    awaited.run = further;
    return await first.start(further);
  }
}

function isSuccess(status: number | null): boolean {
  return status !== null && status >= 200 && status < 300;
}
