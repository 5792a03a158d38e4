import type { OwnConnection } from '../db/index.ts';
import type { LaneLook } from './lanes-in-turn.ts';

const CHANNEL = 'signalbox_jobs';
/** Begins a connection that hears of others' jobs. */
export const LISTEN = `LISTEN ${CHANNEL}`;

/** PostgreSQL takes 8,000 bytes. */
const LENGTH_MAX = 7_500;
/** Whoever adds thousands of jobs in a second does not tell as often. */
const PAUSE_MS = 10;

type NoticedLane = Pick<LaneLook, 'lane' | 'inGroups'>;

/**
 * Tells other processes in which lanes they find jobs to do. After the commit and not within it: PostgreSQL lets commits
 * with a notice through one by one, each with its own fsync. What is not told is found a moment later all the same.
 */
export class JobNotices {
  private readonly untold = new Map<string, [lane: string, inGroups: boolean]>();
  private isTelling = false;

  constructor(private readonly connection: OwnConnection) {}

  tell(lane: string, inGroups: boolean): void {
    this.untold.set(`${inGroups} ${lane}`, [lane, inGroups]);
    if (this.isTelling) return;
    this.isTelling = true;
    void this.tellAll();
  }

  private async tellAll(): Promise<void> {
    while (this.untold.size > 0) {
      const lanes = [...this.untold.values()];
      this.untold.clear();
      const text = JSON.stringify(lanes);
      // Too many to name: everybody looks for himself.
      const payload = Buffer.byteLength(text) > LENGTH_MAX ? '[]' : text;
      await this.connection
        .query('SELECT pg_notify($1, $2)', [CHANNEL, payload], 'notify')
        .catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS).unref());
    }
    this.isTelling = false;
  }
}

/** The lanes that a notice names; none: too many. */
export function lanesIn(payload: string): NoticedLane[] {
  return (JSON.parse(payload) as [string, boolean][]).map(([lane, inGroups]) => ({ lane, inGroups }));
}
