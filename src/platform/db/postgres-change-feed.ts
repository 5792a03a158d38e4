import { Client } from 'pg';
import { type ChangeFeed, type Ear, type FollowedTable, type Reload, TALK } from './change-feed.ts';
import type { WriteDoor } from './write-door.ts';

/** Notifications wake; between two looks nothing is missed for longer than this. */
const LOOK_MS = 250;
/** A look that takes longer comes too late to be of use. */
const LOOK_MS_MAX = 900;
/** Nobody's change may be unknown for longer (contract §10). */
const CUT_OFF_MS = 1_000;
/** So long a caller is kept waiting for the next look: a process that had no processor for a second has it soon after. */
const PATIENCE_MS = 2_000;
/** Between looks while somebody waits. */
const LOOK_AGAIN_MS = 50;
const HOUR_MS = 3_600_000;
const CHANNEL = 'signalbox_changes';

interface Change {
  seq: number;
  table: FollowedTable;
  row: string;
  by: string | null;
}

/**
 * Looks for changes on a connection of its own. Transactions of all processes that change such tables follow each other
 * (`Dialect.begin`), so that the numbers of changes grow in the order of their commits and none is passed over.
 */
export class PostgresChangeFeed implements ChangeFeed {
  private readonly reloads = new Map<FollowedTable, Reload>();
  private client: Client | null = null;
  private knownUpTo = 0;
  /** When the last look that went well began; what was committed before it is known. */
  private currentAsOf = -Infinity;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | null = null;
  private isWoken = false;
  private isClosed = false;
  private ear: Ear | null = null;
  /** Who waits, to be told whether it is current. */
  private readonly waiting = new Set<(isCurrent: boolean) => void>();

  constructor(
    private readonly databaseUrl: string,
    private readonly door: () => WriteDoor,
    /** Whose changes are known already. */
    private readonly processName: string,
  ) {}

  /** Before anything is read: what is changed later will be told. */
  async open(): Promise<void> {
    const client = await this.connected();
    const { rows } = await client.query<{ seq: number | null }>('SELECT max(seq) AS seq FROM changes');
    this.knownUpTo = Number(rows[0]?.seq ?? 0);
    this.currentAsOf = performance.now();
  }

  follow(table: FollowedTable, reload: Reload): void {
    this.reloads.set(table, reload);
  }

  start(): void {
    this.currentAsOf = performance.now();
    this.schedule(0);
  }

  get isCutOff(): boolean {
    return performance.now() - this.currentAsOf > CUT_OFF_MS;
  }

  untilCurrent(): Promise<boolean> {
    if (!this.isCutOff) return Promise.resolve(true);
    return new Promise((resolve) => {
      const tell = (isCurrent: boolean): void => {
        clearTimeout(timer);
        this.waiting.delete(tell);
        resolve(isCurrent);
      };
      const timer = setTimeout(() => tell(!this.isCutOff), PATIENCE_MS).unref();
      if (this.waiting.size === 0) this.schedule(0);
      this.waiting.add(tell);
    });
  }

  hear(ear: Ear): void {
    this.ear = ear;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.tellWaiting();
    await this.looking;
    await this.client?.end().catch(() => undefined);
  }

  private schedule(afterMs: number): void {
    if (this.isClosed) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), afterMs).unref();
  }

  private look(): void {
    if (this.looking) {
      this.isWoken = true;
      return;
    }
    this.isWoken = false;
    this.looking = this.lookOnce().finally(() => {
      this.looking = null;
      if (!this.isCutOff) this.tellWaiting();
      // One that began long ago tells nothing of now.
      const restMs = this.waiting.size > 0 ? LOOK_AGAIN_MS : LOOK_MS;
      this.schedule(this.isWoken ? 0 : restMs);
    });
  }

  private tellWaiting(): void {
    for (const tell of this.waiting) tell(!this.isCutOff);
  }

  private async lookOnce(): Promise<void> {
    const begunAt = performance.now();
    try {
      const client = await this.connected();
      const { rows } = await client.query<Change & { first: number }>({
        name: 'changes',
        text: `SELECT seq, table_name AS "table", row_id AS "row", made_by AS "by", (SELECT min(seq) FROM changes) AS first
          FROM changes WHERE seq > $1 ORDER BY seq`,
        values: [this.knownUpTo],
      });
      if (rows.length > 0) await this.takeIn(rows, rows[0]!.first > this.knownUpTo + 1 && this.knownUpTo > 0);
      this.currentAsOf = begunAt;
    } catch {
      this.drop();
    }
  }

  /** @param isLate changes before these are not kept any more, or were never made: all is read anew. */
  private async takeIn(changes: readonly Change[], isLate: boolean): Promise<void> {
    // What this process has changed it knows.
    const others = changes.filter(({ by }) => by === null || by !== this.processName);
    const byTable = Map.groupBy(others, ({ table }) => table);
    const tables = isLate ? this.reloads.keys() : byTable.keys();
    for (const table of tables) {
      const rows = new Set(byTable.get(table)?.map(({ row }) => row));
      const reload = this.reloads.get(table);
      if (reload)
        await this.door().transaction((tx) => reload(tx, isLate ? null : [...rows]), { isAlone: false });
    }
    this.knownUpTo = Number(changes.at(-1)!.seq);
  }

  private async connected(): Promise<Client> {
    if (this.client) return this.client;
    const client = new Client({
      connectionString: this.databaseUrl,
      application_name: 'signalbox changes',
      connectionTimeoutMillis: LOOK_MS_MAX,
      query_timeout: LOOK_MS_MAX,
      keepAlive: true,
    });
    client.on('error', () => this.drop(client));
    client.on('end', () => this.drop(client));
    client.on('notification', ({ channel, payload = '' }) => {
      if (channel === CHANNEL) this.look();
      else this.ear?.heard(payload);
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}; LISTEN ${TALK}`);
      // The last one stays: whoever was away sees by its number that he has missed some.
      await client.query('DELETE FROM changes WHERE made_at < $1 AND seq < (SELECT max(seq) FROM changes)', [
        Date.now() - HOUR_MS,
      ]);
    } catch (cause) {
      void client.end().catch(() => undefined);
      throw cause;
    }
    this.client = client;
    this.ear?.missed();
    return client;
  }

  /** A connection that failed once is not asked again: an answer to an older question may still come. */
  private drop(client = this.client): void {
    if (client === null || client !== this.client) return;
    this.client = null;
    void client.end().catch(() => undefined);
  }
}
