import type { Clock } from '../clock.ts';
import type { Processes } from '../processes/index.ts';
import type { JobClaims } from './job-claims.ts';
import { SLOTS, SLOTS_PER_LANE, STUMBLE_MS } from './job-slots.ts';
import type { AtHand, JobsAtHand } from './jobs-at-hand.ts';
import { LanesInTurn } from './lanes-in-turn.ts';
import type { Job, JobHandler } from './queue.ts';

/** Between two looks for what nobody has told of. */
const LOOK_MS = 1_000;
/** After so many looks this process makes sure that it holds nothing by mistake. */
const LOOKS_PER_CHECK = 10;
/** How often lanes that were refused are tried at most, however often others give room back. */
const WIDEN_MS = 100;

/** What taking jobs needs. */
export interface TakeJobsParts {
  claims: JobClaims;
  atHand: JobsAtHand;
  processes: Processes;
  clock: Clock;
  /** Told of a try that broke off. */
  onStumble: (job: Job, cause: unknown) => void;
}

/** Fills this process's slots with jobs from the database and has them done. */
export class TakeJobs {
  private readonly handlers = new Map<string, JobHandler>();
  private readonly lanes = new LanesInTurn(SLOTS_PER_LANE);
  private slotsTaken = 0;
  /** Jobs that came since the last look for them; they take slots soon. */
  private arrived = 0;
  private isOpen = false;
  private isAsked = false;
  private mustLook = false;
  private mustCheck = false;
  /** The database is away: the next look tries again. */
  private isPaused = false;
  private isWorking = false;
  private working: Promise<void> | null = null;
  private looks = 0;
  private alarmAt = Infinity;
  private mustWiden = false;
  private widener: NodeJS.Timeout | undefined;
  private looker: NodeJS.Timeout | undefined;
  private alarm: NodeJS.Timeout | undefined;
  private readonly given = new Map<string, string>();
  private tellIdle: (() => void) | undefined;

  constructor(private readonly parts: TakeJobsParts) {}

  get running(): number {
    return this.slotsTaken;
  }

  handle(kind: string, handler: JobHandler): void {
    this.handlers.set(kind, handler);
  }

  start(): void {
    this.isOpen = true;
    this.looker = setInterval(() => this.look(), LOOK_MS).unref();
    this.look();
  }

  /** Looks for jobs of whatever lane. */
  look(): void {
    this.isPaused = false;
    this.mustLook = true;
    this.looks++;
    if (this.looks % LOOKS_PER_CHECK === 0) this.mustCheck = true;
    this.lanes.widen();
    this.pump();
  }

  /** The lane has a job to do. @returns false where this process does not take it at once. */
  arrive(lane: string, inGroups: boolean): boolean {
    if (!this.isOpen) return false;
    this.lanes.add(lane, inGroups);
    this.arrived++;
    this.pump();
    return this.slotsTaken + this.arrived <= SLOTS && this.lanes.hasRoom(lane);
  }

  /** Some job becomes due then. */
  dueAt(runAt: number): void {
    const inMs = runAt - this.parts.clock.now();
    if (!this.isOpen || inMs > LOOK_MS || runAt >= this.alarmAt) return;
    clearTimeout(this.alarm);
    this.alarmAt = runAt;
    this.alarm = setTimeout(
      () => {
        this.alarmAt = Infinity;
        this.mustLook = true;
        this.pump();
      },
      Math.max(inMs, 1),
    ).unref();
  }

  /** Lanes that were refused may have room. */
  wake(): void {
    this.mustWiden = true;
    if (this.widener) return;
    this.widener = setTimeout(() => {
      this.widener = undefined;
      if (this.mustWiden) this.wake();
    }, WIDEN_MS).unref();
    this.mustWiden = false;
    this.lanes.widen();
    this.pump();
  }

  /** Leaves a job to whoever takes it next. */
  giveUp({ id, hold }: Job): void {
    this.given.set(id, hold!.holder);
    this.pump();
  }

  /** Takes no more, and leaves to others what has not ended after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.isOpen = false;
    clearInterval(this.looker);
    clearTimeout(this.alarm);
    clearTimeout(this.widener);
    await this.working;
    if (this.slotsTaken > 0) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.tellIdle = resolve;
        timer = setTimeout(resolve, graceMs);
      });
      clearTimeout(timer);
    }
    for (const atHand of this.parts.atHand.openInSlots()) {
      atHand.verdict = 'lost';
      this.giveUp(atHand.job);
    }
    await this.working;
  }

  private pump(): void {
    if (this.isPaused) return;
    this.isAsked = true;
    if (this.isWorking) return;
    this.isWorking = true;
    this.working = this.work();
  }

  private async work(): Promise<void> {
    try {
      while (this.isAsked) {
        this.isAsked = false;
        await this.giveAllUp();
        if (this.isOpen) await this.takeAll();
      }
    } catch {
      // It may have taken what it has not told: the next look begins with that.
      this.mustCheck = true;
      this.isPaused = this.isOpen;
    }
    this.isWorking = false;
  }

  private async giveAllUp(): Promise<void> {
    const { claims, processes, atHand } = this.parts;
    if (this.mustCheck && this.isOpen) {
      await claims.giveUpAllBut(processes.id, atHand.ids());
      this.mustCheck = false;
    }
    for (const [holder, given] of Map.groupBy(this.given, ([, by]) => by)) {
      const ids = given.map(([id]) => id);
      await claims.giveUp(holder, ids);
      for (const id of ids) this.given.delete(id);
    }
  }

  private async takeAll(): Promise<void> {
    const { claims, processes, atHand, clock } = this.parts;
    if (this.mustLook) {
      this.mustLook = false;
      const { lanes, nextAt } = await claims.look(clock.now());
      for (const { lane, inGroups } of lanes) this.lanes.add(lane, inGroups);
      if (nextAt !== null) this.dueAt(nextAt);
    }
    while (this.isOpen) {
      this.arrived = 0;
      const looks = this.lanes.next(SLOTS - this.slotsTaken);
      if (looks.length === 0) return;
      const claimant = { id: processes.id, now: clock.now(), notAgain: atHand.idsNotHeld() };
      const { jobs, findings } = await claims.take(claimant, looks);
      for (const { look, finding } of findings) this.lanes.looked(look, finding);
      const refused = this.begin(jobs.filter(({ hold }) => hold!.holder === processes.id));
      if (refused.length > 0) await claims.giveBack(claimant.id, refused);
    }
  }

  /** @returns what may not start now. */
  private begin(jobs: readonly Job[]): string[] {
    const refused: string[] = [];
    const full = new Set<string>();
    for (const job of jobs.toSorted((a, b) => a.runAt - b.runAt || (a.id < b.id ? -1 : 1))) {
      if (this.parts.atHand.has(job.id)) {
        // It was planned anew while this look was on its way, and its last try is just coming to its end.
        refused.push(job.id);
        continue;
      }
      const mayStart = this.isOpen && !full.has(job.lane);
      const release = mayStart ? (this.handlers.get(job.kind)?.admit(job) ?? null) : null;
      if (release) void this.run(job, release);
      else {
        refused.push(job.id);
        full.add(job.lane);
        this.lanes.refused(job.lane, job.group !== null);
      }
    }
    return refused;
  }

  private async run(job: Job, release: () => void): Promise<void> {
    const atHand = this.parts.atHand.add(job, true);
    this.slotsTaken++;
    this.lanes.begun(job.lane);
    try {
      await this.handlers.get(job.kind)!.run(job);
    } catch (cause) {
      if (atHand.verdict !== 'lost') this.parts.onStumble(job, cause);
    }
    this.slotsTaken--;
    this.lanes.ended(job.lane);
    release();
    if (atHand.verdict === 'open') this.rest(atHand);
    else this.parts.atHand.delete(job.id);
    if (job.group !== null || atHand.verdict === 'again') this.lanes.add(job.lane, job.group !== null);
    if (this.slotsTaken === 0) this.tellIdle?.();
    this.pump();
  }

  /** Until then nobody else stumbles over the same. */
  private rest(atHand: AtHand): void {
    const { job } = atHand;
    const end = () => {
      this.parts.atHand.delete(job.id);
      if (atHand.verdict !== 'open') return;
      this.giveUp(job);
      this.arrive(job.lane, job.group !== null);
    };
    if (this.isOpen) setTimeout(end, STUMBLE_MS).unref();
    else end();
  }
}
