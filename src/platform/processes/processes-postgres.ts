import { randomBytes, randomUUID } from 'node:crypto';
import type { Database, OwnConnection } from '../db/index.ts';
import { type ProcessRoles, Processes } from './processes.ts';

/** How often a process says that it is there, and after how long a silence others take it for dead. */
interface Rhythm {
  beatMs: number;
  leaseMs: number;
}

/** Of a lease: three beats in a row may be lost. */
const BEATS = 4;

const ADD = `INSERT INTO processes (id, roles, presence, started_at, beat_at) VALUES ($1, $2, $3, now(), now())
  ON CONFLICT (id) DO NOTHING`;
const BEAT = `UPDATE processes SET beat_at = now() WHERE id = $1`;
const COUNT = `SELECT count(*) AS count FROM processes WHERE 'http' = ANY (string_to_array(roles, ','))`;
/** The lock of its connection ends with a process, whatever ends it. */
const ALIVE = `SELECT id FROM processes WHERE EXISTS (
  SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (classid::bigint << 32) + objid::bigint = presence)`;
const REMOVE = `DELETE FROM processes WHERE id = $1`;
/** After a start of the database they are all silent, and not dead. */
const REMOVE_SILENT = `DELETE FROM processes WHERE id <> $1 AND beat_at < now() - $2::float8 * interval '1 ms'
  AND pg_postmaster_start_time() < now() - $2::float8 * interval '1 ms'`;
/** Whoever they are whose processes are not there any more: those just removed, and those that took a job since. */
const FREE_JOBS = `UPDATE queue_jobs SET holder = NULL WHERE claim >= 0 AND holder IN
  (SELECT holder FROM queue_jobs WHERE holder IS NOT NULL AND claim >= 0 EXCEPT SELECT id FROM processes)`;

/**
 * Processes on PostgreSQL: each has a row, and says by the database's clock that it is there. One that is silent for too
 * long is removed by any other, and its jobs are free again; what it does of them afterwards is refused, because each
 * of its commits asks for the id that it held them as.
 */
export class PostgresProcesses extends Processes {
  private currentId: string = randomUUID();
  /** Names a lock that its connection holds. */
  private readonly presence = randomBytes(6).readUIntBE(0, 6);
  private counted = 1;
  /** When the last beat that came through was sent, and since when they have come through without a gap. */
  private beatenAt = -Infinity;
  private steadySince = -Infinity;
  private isBeating = false;
  /** False while this process's row is still to be made. */
  private isThere = false;
  private isStopped = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly listeners: ((formerId: string) => void)[] = [];
  private readonly connection: OwnConnection;

  constructor(
    database: Pick<Database, 'ownConnection'>,
    private readonly roles: ProcessRoles,
    leaseMs: number,
    private readonly rhythm: Rhythm = { leaseMs, beatMs: leaseMs / BEATS },
  ) {
    super();
    this.connection = database.ownConnection({
      // A beat that a crash of the database forgets is followed by another one.
      prologue: [
        'SET synchronous_commit = off',
        'SET enable_seqscan = off',
        `SELECT pg_try_advisory_lock(${this.presence})`,
      ],
      statementMsMax: Math.min(rhythm.beatMs, rhythm.leaseMs / 4),
    });
  }

  override get id(): string {
    return this.currentId;
  }

  override get answering(): number {
    return Math.max(this.counted, 1);
  }

  override get isSurelyAlive(): boolean {
    return performance.now() - this.beatenAt < this.rhythm.leaseMs / 2;
  }

  override onLost(listener: (formerId: string) => void): void {
    this.listeners.push(listener);
  }

  override async alive(): Promise<readonly string[]> {
    const { rows } = await this.connection.query<{ id: string }>(ALIVE);
    return rows.map(({ id }) => id);
  }

  override async start(): Promise<void> {
    await this.appear();
    await this.lookAround();
    this.timer = setInterval(() => void this.beat(), this.rhythm.beatMs).unref();
  }

  override async stop(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.timer);
    this.beatenAt = -Infinity;
    try {
      await this.connection.query(REMOVE, [this.currentId]);
      await this.connection.query(FREE_JOBS);
    } catch {
      // The others find out by its silence.
    }
    await this.connection.close();
  }

  private async beat(): Promise<void> {
    if (this.isBeating) return;
    this.isBeating = true;
    try {
      if (this.isThere) await this.beatAsBefore();
      if (!this.isThere && !this.isStopped) await this.appear();
      await this.lookAround();
    } catch {
      // The next beat tries again.
    } finally {
      this.isBeating = false;
    }
  }

  private async beatAsBefore(): Promise<void> {
    const sentAt = performance.now();
    const { count } = await this.connection.query(BEAT, [this.currentId]);
    if (count > 0) this.beaten(sentAt);
    else if (!this.isStopped) this.lose();
  }

  private lose(): void {
    const formerId = this.currentId;
    this.currentId = randomUUID();
    this.isThere = false;
    this.beatenAt = -Infinity;
    this.steadySince = performance.now();
    for (const tell of this.listeners) tell(formerId);
  }

  private async appear(): Promise<void> {
    const sentAt = performance.now();
    const roles = [this.roles.http && 'http', this.roles.worker && 'worker'].filter(Boolean).join(',');
    await this.connection.query(ADD, [this.currentId, roles, this.presence]);
    this.isThere = true;
    this.beaten(sentAt);
  }

  private beaten(sentAt: number): void {
    // Whoever was cut off himself knows nothing of the others' silence: first they get the time that he had.
    if (this.beatenAt > -Infinity && sentAt - this.beatenAt > this.rhythm.leaseMs / 2)
      this.steadySince = sentAt;
    this.beatenAt = sentAt;
  }

  private async lookAround(): Promise<void> {
    const { leaseMs } = this.rhythm;
    if (this.beatenAt - this.steadySince >= leaseMs)
      await this.connection.query(REMOVE_SILENT, [this.currentId, leaseMs]);
    await this.connection.query(FREE_JOBS);
    const { rows } = await this.connection.query<{ count: string }>(COUNT);
    this.counted = Number(rows[0]!.count);
  }
}
