/** Jobs of a lane that are looked for together: those of no group, or those of its groups. */
export interface LaneLook {
  lane: string;
  inGroups: boolean;
  /** The first group to look at; those before it had their turn. */
  start: string;
  /** How many of its jobs to take at most. */
  quota: number;
}

/** How far a look has come. */
export interface LaneFinding {
  /** False: there may be more behind `nextStart`. */
  isThrough: boolean;
  nextStart: string;
}

interface Load {
  running: number;
  /** Learned: what `admit` let run of it at once. */
  limit: number;
}

type Turn = Omit<LaneLook, 'quota'>;

/** In which lanes this process looks for jobs next, and for how many. No clock and no database. */
export class LanesInTurn {
  /** The next one first; each has jobs, as far as is known. */
  private readonly turns = new Map<string, Turn>();
  private readonly loads = new Map<string, Load>();

  /** @param runningPerLaneMax what one lane may have running at once in this process. */
  constructor(private readonly runningPerLaneMax: number) {}

  /** The lane has a job whose time has come. */
  add(lane: string, inGroups: boolean): void {
    const key = keyOf(lane, inGroups);
    if (!this.turns.has(key)) this.turns.set(key, { lane, inGroups, start: '' });
  }

  /** True: another job of the lane may start. */
  hasRoom(lane: string): boolean {
    return this.roomOf(lane) > 0;
  }

  /** Where to look for jobs now; each lane gets about the same of what is free. */
  next(free: number): LaneLook[] {
    const rooms = new Map<string, number>();
    const open = [...this.turns.values()].filter(({ lane }) => this.hasRoom(lane)).slice(0, free);
    const share = open.length === 0 ? 0 : Math.max(1, Math.floor(free / open.length));
    return open.flatMap((turn) => {
      const room = rooms.get(turn.lane) ?? this.roomOf(turn.lane);
      const quota = Math.min(share, room);
      rooms.set(turn.lane, room - quota);
      if (quota <= 0) return [];
      // What comes in during the look may come too late for it, and has the lane looked at again.
      this.turns.delete(keyOf(turn.lane, turn.inGroups));
      return [{ ...turn, quota }];
    });
  }

  /** The lane has had its turn: it comes last, or not at all where nothing is left of it. */
  looked({ lane, inGroups, start }: LaneLook, { isThrough, nextStart }: LaneFinding): void {
    // Whoever began in the middle has the first groups still to look at.
    if (isThrough && start === '') return;
    this.turns.set(keyOf(lane, inGroups), { lane, inGroups, start: isThrough ? '' : nextStart });
  }

  begun(lane: string): void {
    const load = this.loads.get(lane) ?? { running: 0, limit: this.runningPerLaneMax };
    load.running++;
    this.loads.set(lane, load);
  }

  ended(lane: string): void {
    const load = this.loads.get(lane)!;
    load.running--;
    this.forget(lane, load);
  }

  /** `admit` has refused a job of it: no more are taken than run now, until there may be room. */
  refused(lane: string, inGroups: boolean): void {
    const { running } = this.loads.get(lane) ?? { running: 0 };
    this.loads.set(lane, { running, limit: running });
    this.add(lane, inGroups);
  }

  /** Lanes that were refused may have room: one more of each is tried. */
  widen(): void {
    for (const [lane, load] of this.loads) {
      load.limit = Math.min(this.runningPerLaneMax, Math.max(load.limit, load.running + 1));
      this.forget(lane, load);
    }
  }

  private roomOf(lane: string): number {
    const { running, limit } = this.loads.get(lane) ?? { running: 0, limit: this.runningPerLaneMax };
    return limit - running;
  }

  private forget(lane: string, { running, limit }: Load): void {
    if (running === 0 && limit === this.runningPerLaneMax) this.loads.delete(lane);
  }
}

function keyOf(lane: string, inGroups: boolean): string {
  return `${inGroups ? '+' : '-'}${lane}`;
}
