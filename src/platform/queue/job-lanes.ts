import type { Job } from './queue.ts';

interface Lane {
  ready: Job[];
  running: number;
  /** Jobs by group, in order; the first one is at hand (ready, waiting for its time or running). */
  groups: Map<string, Job[]>;
}

/** Which job comes next: lanes in turn, groups in order, nothing before its time. No clock and no database. */
export class JobLanes {
  private readonly lanes = new Map<string, Lane>();
  /** Lanes with ready jobs, the next one first. */
  private turn: string[] = [];
  /** Jobs that wait for their time, the soonest last. */
  private readonly later: Job[] = [];
  private readonly known = new Set<string>();

  /** @param runningPerLaneMax what one lane may have running at once. */
  constructor(private readonly runningPerLaneMax: number) {}

  get size(): number {
    return this.known.size;
  }

  /** When the soonest of those that wait is due; null: none waits. */
  get nextAt(): number | null {
    return this.later.at(-1)?.runAt ?? null;
  }

  has(id: string): boolean {
    return this.known.has(id);
  }

  /** Takes a job in; one that is known already is not taken twice. */
  add(job: Job, now: number): void {
    if (this.known.has(job.id)) return;
    this.known.add(job.id);
    if (job.group === null) {
      this.place(job, now);
      return;
    }
    const { groups } = this.lane(job.lane);
    const waiting = groups.get(job.group);
    if (!waiting) {
      groups.set(job.group, [job]);
      this.place(job, now);
    } else {
      // Before the later ones, but never before the one at hand.
      let at = waiting.length;
      while (at > 1 && waiting[at - 1]!.id > job.id) at--;
      waiting.splice(at, 0, job);
    }
  }

  /** A known job that is not running gets another time. */
  plan(job: Job, now: number): void {
    const lane = this.lane(job.lane);
    const waiting = job.group === null ? [] : (lane.groups.get(job.group) ?? []);
    const at = waiting.findIndex(({ id }) => id === job.id);
    if (at !== -1) waiting[at] = job;
    const later = this.later.findIndex(({ id }) => id === job.id);
    const ready = lane.ready.findIndex(({ id }) => id === job.id);
    if (later !== -1) this.later.splice(later, 1);
    else if (ready !== -1) this.unready(job.lane, ready);
    // Else it waits for others of its group, and its time comes after theirs.
    else return;
    this.place(job, now);
  }

  /** The next job, now running; null: none may start. `admit` is asked once for each lane with something ready. */
  take(now: number, admit: (job: Job) => boolean): Job | null {
    this.release(now);
    for (let asked = this.turn.length; asked > 0; asked--) {
      const name = this.turn.shift()!;
      const lane = this.lanes.get(name)!;
      const job = lane.ready[0]!;
      const mayStart = lane.running < this.runningPerLaneMax && admit(job);
      if (mayStart) {
        lane.ready.shift();
        lane.running++;
      }
      if (lane.ready.length > 0) this.turn.push(name);
      if (mayStart) return job;
    }
    return null;
  }

  /** A running job has ended; the next of its group follows. */
  done(job: Job, now: number): void {
    const lane = this.lane(job.lane);
    lane.running--;
    this.known.delete(job.id);
    if (job.group !== null) {
      const waiting = lane.groups.get(job.group)!;
      waiting.shift();
      if (waiting[0]) this.place(waiting[0], now);
      else lane.groups.delete(job.group);
    }
    this.drop(job.lane, lane);
  }

  /** A running job is to be tried again; it keeps its place before the others of its group. */
  again(job: Job, next: Job, now: number): void {
    const lane = this.lane(job.lane);
    lane.running--;
    if (job.group !== null) lane.groups.get(job.group)![0] = next;
    this.place(next, now);
  }

  private release(now: number): void {
    for (let job = this.later.at(-1); job && job.runAt <= now; job = this.later.at(-1)) {
      this.later.pop();
      this.makeReady(job);
    }
  }

  private place(job: Job, now: number): void {
    if (job.runAt <= now) this.makeReady(job);
    else this.later.splice(this.placeOf(job.runAt), 0, job);
  }

  /** Behind all that are due later; those due at the same time came first and go first. */
  private placeOf(runAt: number): number {
    let [low, high] = [0, this.later.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.later[middle]!.runAt > runAt) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private makeReady(job: Job): void {
    const lane = this.lane(job.lane);
    if (lane.ready.length === 0) this.turn.push(job.lane);
    lane.ready.push(job);
  }

  private unready(name: string, at: number): void {
    const { ready } = this.lane(name);
    ready.splice(at, 1);
    if (ready.length === 0) this.turn = this.turn.filter((turn) => turn !== name);
  }

  private lane(name: string): Lane {
    let lane = this.lanes.get(name);
    if (!lane) this.lanes.set(name, (lane = { ready: [], running: 0, groups: new Map() }));
    return lane;
  }

  private drop(name: string, lane: Lane): void {
    if (lane.ready.length === 0 && lane.running === 0 && lane.groups.size === 0) this.lanes.delete(name);
  }
}
