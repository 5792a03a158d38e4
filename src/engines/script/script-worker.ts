/** The pool's side of one worker process: what was sent to it, and what it is doing now. */
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { BODY_KINDS, FROM_WORKER, FrameCutter, TO_WORKER, textFrame } from './frames.ts';
import type { Frame, Room } from './frames.ts';
import { encodeRun, wantsSync } from './frames-run.ts';
import { ProcessStat } from '../../platform/process-stat.ts';
import { WorkMeter } from '../../platform/work-meter.ts';
import { WorkerChannel } from '../../platform/worker-channel.ts';
import type { ScriptJob } from './script-job.ts';
import { WorkerPrograms } from './worker-programs.ts';

const STDERR_CHARS_MAX = 4096;
/**
 * When a worker ends a run by itself: the pool is gone or has failed to for longer than `WorkMeter` lets anything take. Not
 * for fast runs, whose end the other workers see to (`siblings`): isolated-vm keeps the timer of each run until its time has come: after
 * 400,000 runs a worker had 210 MiB, and without timers 141.
 */
const BACKSTOP_FACTOR = 11;
const BACKSTOP_EXTRA_MS = 1000;

/** What a worker tells the pool. */
export interface ScriptWorkerEvents {
  onReady(worker: ScriptWorker): void;
  /** A frame about the head job. */
  onFrame(worker: ScriptWorker, job: ScriptJob, frame: Frame): void;
  /** The process is gone; `jobs` had not ended. */
  onGone(worker: ScriptWorker, jobs: ScriptJob[]): void;
}

/** How a process ended, to tell whose fault it was. */
export interface WorkerEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
}

/** Feeds one process and keeps its times; decides nothing. */
export class ScriptWorker {
  readonly child: ChildProcess;
  readonly stat: ProcessStat;
  /** Of the head. */
  readonly meter: WorkMeter;
  readonly gone: Promise<void>;
  /** Settles when the worker can take jobs. */
  readonly ready: Promise<void>;
  isReady = false;
  wasReady = false;
  isGone = false;
  isKilled = false;
  /** The head has the worker to itself, by right or because it is slow. */
  isHeld = false;
  /** Takes no more jobs and is stopped when it has none. */
  isRetiring = false;
  /** Sent and not ended, the running one first. */
  readonly jobs: ScriptJob[] = [];
  headSince = 0;
  /** When the head began to wait for a call, or 0. */
  waitingSince = 0;
  waitedMs = 0;
  idleSince = 0;
  /** KiB; as measured when the worker was last known to be well. */
  residentBaseline = 0;
  /** The baseline tells the head's own growth from that of those before it. */
  isBaselineOfHead = false;
  /** What one of the jobs may use that were taken away from it; 0: it is past all of them. */
  movedMemoryMb = 0;
  end: WorkerEnd = { code: null, signal: null, stderr: '' };

  readonly #events: ScriptWorkerEvents;
  readonly #channel: WorkerChannel;
  readonly #room: Room;
  readonly #cutter = new FrameCutter();
  readonly #programs: WorkerPrograms;
  #lastTicket = 0;
  #onReady: () => void = () => {};

  constructor(child: ChildProcess, events: ScriptWorkerEvents) {
    this.child = child;
    this.stat = new ProcessStat(child.pid ?? 0);
    this.meter = new WorkMeter(this.stat);
    this.#events = events;
    const socket = child.stdio[3] as Socket;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#channel = new WorkerChannel(socket);
    this.#room = (bytes) => this.#channel.room(bytes);
    this.#programs = new WorkerPrograms(this.#room);
    child.stderr?.on('data', (chunk: Buffer) => {
      if (this.end.stderr.length < STDERR_CHARS_MAX) this.end.stderr += chunk.toString('utf8');
    });
    child.stderr?.on('error', () => {});
    this.ready = new Promise((resolve) => {
      this.#onReady = resolve;
    });
    this.gone = new Promise((resolve) => {
      child.once('error', (error) => {
        this.end.stderr += error.message;
        if (child.pid === undefined) this.#leave(resolve);
      });
      child.once('close', (code, signal) => {
        this.end.code = code;
        this.end.signal = signal;
        this.#leave(resolve);
      });
    });
    this.stat.preferDeath();
  }

  /** What the jobs at hand are likely to take together. */
  get expectedMicros(): number {
    let micros = 0;
    for (const job of this.jobs) micros += job.expectedMicros;
    return micros;
  }

  /** Jobs were taken away from it, and it has not said yet that it is past them. */
  get isFenced(): boolean {
    return this.movedMemoryMb > 0;
  }

  get head(): ScriptJob | undefined {
    return this.jobs[0];
  }

  /** Milliseconds the head has been running, waiting for calls not counted. */
  runningMs(now: number): number {
    const waiting = this.waitingSince === 0 ? 0 : now - this.waitingSince;
    return now - this.headSince - this.waitedMs - waiting;
  }

  submit(job: ScriptJob, now: number): void {
    this.#lastTicket += 1;
    job.ticket = this.#lastTicket;
    this.jobs.push(job);
    if (this.jobs.length === 1) this.#beginHead(now);
    const { task } = job;
    if (task.kind === 'check') {
      textFrame(TO_WORKER.check, job.ticket, task.source, this.#room);
      return;
    }
    const { request } = task;
    const order = {
      programNumber: this.#programs.numberOf({
        key: job.programKey,
        source: request.source,
        memoryMb: job.memoryMb,
      }),
      bodyKind: BODY_KINDS.indexOf(request.bodyKind),
      logsAtOnce: job.isExclusive,
      isQuick: job.isQuick,
      callsMax: request.limits.callsMax,
      logBytesMax: request.limits.logBytesMax,
      resultBytesMax: request.limits.resultBytesMax,
      backstopMs: job.isExclusive ? job.runningMs * BACKSTOP_FACTOR + BACKSTOP_EXTRA_MS : 0,
    };
    encodeRun({ type: TO_WORKER.run, ticket: job.ticket }, order, request, this.#room);
  }

  /** Ends the head's turn; what was sent behind it is running now. */
  shiftHead(now: number): void {
    this.jobs.shift();
    this.#beginHead(now);
    // What it grows by from now on is the doing of what was taken away.
    if (this.isFenced && this.jobs.length === 0) this.residentBaseline = this.stat.residentKib();
  }

  /** Takes back what stands behind the head; the worker is told to skip what it has not begun. */
  takeBehindHead(): ScriptJob[] {
    return this.#takeBack(this.jobs.splice(1));
  }

  /** Takes back all of it, where nobody knows which of them it is at. */
  takeAll(now: number): ScriptJob[] {
    const moved = this.jobs.splice(0);
    this.#beginHead(now);
    return this.#takeBack(moved);
  }

  /** The head waits from now on; how long it has run it knows best, because its call may have lain unread. */
  beginWait(runningMs: number, now: number): void {
    this.waitingSince = now;
    this.waitedMs = Math.max(this.waitedMs, now - this.headSince - runningMs);
  }

  reply(ticket: number, envelopeJson: string, now: number): void {
    this.waitedMs += now - this.waitingSince;
    this.waitingSince = 0;
    textFrame(TO_WORKER.reply, ticket, envelopeJson, this.#room);
  }

  /** Answers the call of a run that must go no further. */
  abandon(ticket: number, now: number): void {
    if (this.waitingSince !== 0) this.waitedMs += now - this.waitingSince;
    this.waitingSince = 0;
    textFrame(TO_WORKER.abandon, ticket, '', this.#room);
  }

  sync(): void {
    textFrame(TO_WORKER.sync, 0, '', this.#room);
  }

  /** Tells the worker whom to end when it finds the pool gone. */
  tellSiblings(pids: string): void {
    textFrame(TO_WORKER.siblings, 0, pids, this.#room);
  }

  /** Lets the worker exit by itself. */
  retire(): void {
    this.isRetiring = true;
    textFrame(TO_WORKER.leave, 0, '', this.#room);
    this.#channel.end();
  }

  kill(): void {
    this.isKilled = true;
    this.child.kill('SIGKILL');
  }

  #takeBack(moved: ScriptJob[]): ScriptJob[] {
    for (const job of moved) {
      this.movedMemoryMb = Math.max(this.movedMemoryMb, job.memoryMb);
      textFrame(TO_WORKER.cancel, job.ticket, '', this.#room);
    }
    if (moved.length > 0) textFrame(TO_WORKER.fence, 0, '', this.#room);
    return moved;
  }

  #beginHead(now: number): void {
    this.headSince = now;
    this.waitingSince = 0;
    this.waitedMs = 0;
    this.meter.reset();
    this.isBaselineOfHead = false;
    this.isHeld = false;
    if (this.jobs.length === 0) this.idleSince = now;
  }

  #receive(chunk: Buffer): void {
    try {
      this.#cutter.cut(chunk, (frame) => this.#take(frame));
    } catch {
      this.kill();
    }
  }

  #take(frame: Frame): void {
    if (this.isKilled) return;
    if (frame.type === FROM_WORKER.ready) {
      this.isReady = this.wasReady = true;
      this.#onReady();
      this.idleSince = performance.now();
      this.residentBaseline = this.stat.residentKib();
      this.#events.onReady(this);
      return;
    }
    if (frame.type === FROM_WORKER.fenced) {
      this.movedMemoryMb = 0;
      this.#events.onReady(this);
      return;
    }
    const head = this.jobs[0];
    if (head?.ticket === frame.ticket) this.#events.onFrame(this, head, frame);
    // A run that was moved began here all the same: it may not call, and what it says does not count.
    else if (frame.type === FROM_WORKER.call) textFrame(TO_WORKER.abandon, frame.ticket, '', this.#room);
    else if (frame.type >= FROM_WORKER.returned && wantsSync(frame.payload)) this.sync();
  }

  #leave(resolve: () => void): void {
    if (this.isGone) return;
    this.isGone = true;
    this.isReady = false;
    this.#channel.destroy();
    this.stat.close();
    this.#events.onGone(this, this.jobs.splice(0));
    resolve();
  }
}
