/** The pool's side of one worker process: what was sent to it, and what it is doing now. */
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { ProcessStat } from '../../platform/process-stat.ts';
import { WorkMeter } from '../../platform/work-meter.ts';
import { WorkerChannel } from '../../platform/worker-channel.ts';
import type { ExpressionJob } from './expression-job.ts';
import { FrameCutter, partsFrame, READY_TICKET, SIBLINGS_TICKET } from './wire.ts';

/** What a worker tells the pool. */
export interface ExpressionWorkerEvents {
  onReady(): void;
  /** The head has ended; it is no longer among the jobs. */
  onAnswer(job: ExpressionJob, json: string): void;
  /** The process is gone; `jobs` had not ended. */
  onGone(worker: ExpressionWorker, jobs: ExpressionJob[], hasCrashed: boolean): void;
}

const TICKET_MAX = 0xffff_ffff;
const CRASH_SIGNALS = new Set(['SIGABRT', 'SIGTRAP', 'SIGILL', 'SIGSEGV', 'SIGBUS', 'SIGFPE']);

/** Feeds one process and keeps its times; decides nothing. */
export class ExpressionWorker {
  readonly gone: Promise<void>;
  isReady = false;
  wasReady = false;
  /** What came behind its head was taken away: until it has caught up with that, it gets nothing. */
  isHeld = false;
  isKilled = false;
  /** Sent and not ended, the running one first. */
  readonly jobs: ExpressionJob[] = [];
  #headSince = 0;
  readonly #channel: WorkerChannel;
  readonly #room = (bytes: number): Buffer => this.#channel.room(bytes);
  readonly #cutter = new FrameCutter();
  readonly #stat: ProcessStat;
  readonly #meter: WorkMeter;
  #lastTicket = READY_TICKET;
  /** Tickets of jobs that were taken away and that it evaluates all the same. */
  readonly #stale = new Set<number>();
  #isGone = false;

  constructor(
    readonly child: ChildProcess,
    private readonly events: ExpressionWorkerEvents,
  ) {
    this.#stat = new ProcessStat(child.pid ?? 0);
    this.#stat.preferDeath();
    this.#meter = new WorkMeter(this.#stat);
    const socket = child.stdio[3] as Socket;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#channel = new WorkerChannel(socket);
    this.gone = new Promise((resolve) => {
      const leave = (hasCrashed: boolean) => {
        if (this.#isGone) return;
        this.#isGone = true;
        this.isReady = false;
        this.#channel.destroy();
        this.#stat.close();
        resolve();
        this.events.onGone(this, this.jobs.splice(0), hasCrashed);
      };
      child.once('error', () => child.pid === undefined && leave(false));
      // V8 ends a process that it finds no memory for, in whichever way it happens to notice.
      child.once('close', (code, signal) => leave(CRASH_SIGNALS.has(signal ?? '') || (code ?? 0) >= 132));
    });
  }

  submit(job: ExpressionJob, now: number): void {
    this.#lastTicket = this.#lastTicket === TICKET_MAX ? READY_TICKET + 1 : this.#lastTicket + 1;
    job.ticket = this.#lastTicket;
    this.jobs.push(job);
    if (this.jobs.length === 1) this.#beginHead(now);
    partsFrame(job.ticket, [job.program.bytes, ...job.parts], this.#room);
  }

  /** Tells the worker whom to end when it finds the pool gone. */
  tellSiblings(pids: string): void {
    partsFrame(SIBLINGS_TICKET, [Buffer.from(pids)], this.#room);
  }

  /** How long it has been running the head, or, where it has none, what was taken away from it. */
  chargedMs(now: number): number {
    return this.#meter.chargedMs(now - this.#headSince);
  }

  /** Takes back what has not begun. */
  takeBehindHead(): ExpressionJob[] {
    this.isHeld = true;
    const moved = this.jobs.splice(1);
    for (const { ticket } of moved) this.#stale.add(ticket);
    return moved;
  }

  kill(): void {
    this.isKilled = true;
    this.isReady = false;
    this.child.kill('SIGKILL');
  }

  #beginHead(now: number): void {
    this.#headSince = now;
    this.#meter.reset();
  }

  #receive(chunk: Buffer): void {
    try {
      this.#cutter.cut(chunk, (ticket, payload) => this.#take(ticket, payload));
    } catch {
      // It no longer speaks as we do: its end tells the rest.
      this.isReady = false;
      this.child.kill('SIGKILL');
    }
  }

  #take(ticket: number, payload: Buffer): void {
    if (this.isKilled) return;
    if (ticket === READY_TICKET) {
      this.isReady = this.wasReady = true;
      this.events.onReady();
      return;
    }
    const [head] = this.jobs;
    if (head?.ticket === ticket) {
      this.jobs.shift();
      this.#beginHead(performance.now());
      this.isHeld = this.#stale.size > 0;
      this.events.onAnswer(head, payload.toString('utf8'));
      return;
    }
    this.#stale.delete(ticket);
    this.isHeld = this.#stale.size > 0;
    if (!this.isHeld) this.events.onReady();
  }

  /** True when it runs something that nobody waits for any more, since longer than that. */
  isLost(now: number, ms: number): boolean {
    return this.isHeld && this.jobs.length === 0 && this.chargedMs(now) > ms;
  }
}
