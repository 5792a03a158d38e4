import { Injectable } from '@nestjs/common';
import { Deadlines } from '../../platform/deadlines.ts';
import { asAppError } from '../../platform/errors.ts';
import { DeferRun } from './defer-run.ts';
import { failureAnswer, type WebHookAnswer } from './webhook-answer.ts';
import { outcomeUnrecorded } from './webhook.errors.ts';
import type { WebHookRun } from './webhook-run.ts';

/** What goes back, and which execution it belongs to: with an idempotency key that of the first call. */
export interface WebHookReply {
  answer: WebHookAnswer;
  executionId: string;
}

/** A run that somebody waits for. */
export interface AwaitedRun {
  /** Never rejects. */
  ended: Promise<WebHookReply>;
  /** Null while it is not known yet which execution it is. */
  run: WebHookRun | null;
}

/** Between two tries to put a run on record that its caller cannot wait for any longer. */
const AGAIN_MS = 1_000;

/** Sees to it that a caller waits no longer than the configuration's `timeoutMs`. */
@Injectable()
export class AnswerInTime {
  private readonly deadlines = new Deadlines();

  constructor(private readonly defer: DeferRun) {}

  /** The end of the run or, when that takes too long, a 202 with a ticket for it; a 503 where that cannot be stored. */
  answer(awaited: AwaitedRun, timeoutMs: number): Promise<WebHookReply> {
    return new Promise((resolve) => {
      let watch = this.deadlines.watch(timeoutMs, () => void onPassed());
      const onPassed = async () => {
        const { run } = awaited;
        try {
          if (!run) throw new Error('Not on record yet');
          resolve({ answer: await this.defer.defer(run), executionId: run.id });
        } catch (thrown) {
          const isAway = asAppError(thrown).code === 'database.unavailable';
          // The run goes on and is recorded when the database is back; whoever waits for that waits for nobody knows how long.
          if (run && isAway)
            resolve({ answer: failureAnswer(outcomeUnrecorded(thrown)), executionId: run.id });
          else watch = this.deadlines.watch(AGAIN_MS, () => void onPassed());
        }
      };
      void awaited.ended.then((reply) => {
        watch.cancel();
        resolve(reply);
      });
    });
  }

  /** The server stops: whoever still waits gets his ticket now. */
  passAll(): void {
    this.deadlines.passAll();
  }
}
