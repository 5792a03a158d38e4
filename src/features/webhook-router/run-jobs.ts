import { Injectable } from '@nestjs/common';
import { type Job, type JobHandler, Queue } from '../../platform/queue/index.ts';
import { AcceptedRuns } from './accepted-runs.ts';
import { ConcurrencyGates } from './concurrency-gates.ts';
import { RUN_WEBHOOK } from './defer-run.ts';
import { GoOnWithRun } from './go-on-with-run.ts';
import { ResumeRun } from './resume-run.ts';

/** Webhooks by the queue: asynchronous calls, and those that were answered before their end. */
@Injectable()
export class RunJobs implements JobHandler {
  private queue: Queue | null = null;

  constructor(
    private readonly gates: ConcurrencyGates,
    private readonly accepted: AcceptedRuns,
    private readonly resume: ResumeRun,
    private readonly goOn: GoOnWithRun,
  ) {}

  /** Before the queue starts. */
  follow(queue: Queue): void {
    this.queue = queue;
    this.accepted.open();
    queue.handle(RUN_WEBHOOK, this);
    this.gates.whenRoom(() => queue.wake());
  }

  admit(job: Job): (() => void) | null {
    return this.gates.tryEnter(configOf(job));
  }

  async run(job: Job): Promise<void> {
    const leave = await this.gates.enterAll(configOf(job));
    try {
      const accepted = this.accepted.take(job.id);
      // What another process has done of it is on record, and not in the memory of who accepted it.
      const run = isFirstTaking(job) && accepted ? accepted : await this.resume.ofJob(job);
      if (run) await this.goOn.run(run, job);
      else await this.queue!.end(job, []);
    } finally {
      leave();
    }
  }
}

function isFirstTaking({ hold, attempt }: Job): boolean {
  return hold === undefined || (hold.claim === 1 && attempt === 1);
}

function configOf({ lane }: Job): number {
  return Number(lane.slice(lane.indexOf(' ') + 1));
}
