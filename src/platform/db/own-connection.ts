import { Client } from 'pg';
import { isStorageFailure } from './postgres-settings.ts';

/** What a connection is for. */
export interface OwnConnectionSettings {
  /** Statements with which each new connection begins. */
  prologue: readonly string[];
  /** A statement that takes longer fails, and the connection with it. */
  statementMsMax: number;
  /** Told of each notice of another connection. */
  onNotice?: (payload: string) => void;
}

/** What a statement gave, and how many rows it found or changed. */
export interface StatementResult<Row> {
  rows: Row[];
  count: number;
}

interface Open {
  client: Client;
  ready: Promise<unknown>;
}

/**
 * One connection to PostgreSQL for one purpose: what holds up the pools and the write door does not hold it up. It is
 * made when it is first needed, and anew when it is needed after it broke.
 */
export class OwnConnection {
  private current: Open | null = null;
  private isClosed = false;

  constructor(
    private readonly databaseUrl: string,
    private readonly settings: OwnConnectionSettings,
  ) {}

  /** @param name prepares the statement; one name stands for one text. */
  async query<Row = unknown>(
    text: string,
    values: unknown[] = [],
    name?: string,
  ): Promise<StatementResult<Row>> {
    if (this.isClosed) throw new Error('This connection is closed');
    const open = (this.current ??= this.open());
    try {
      await open.ready;
      const { rows, rowCount } = await open.client.query({
        text,
        values,
        ...(name !== undefined && { name }),
      });
      return { rows: rows as Row[], count: rowCount ?? 0 };
    } catch (cause) {
      if (isStorageFailure(cause)) this.drop(open);
      throw cause;
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const { current } = this;
    this.current = null;
    await current?.client.end().catch(() => undefined);
  }

  private open(): Open {
    const { statementMsMax, onNotice } = this.settings;
    const client = new Client({
      connectionString: this.databaseUrl,
      application_name: 'signalbox',
      connectionTimeoutMillis: statementMsMax,
      keepAlive: true,
      // The server gives up on a statement, the driver on a server that says nothing.
      statement_timeout: statementMsMax,
      query_timeout: statementMsMax + 1_000,
    });
    const open = { client, ready: this.begin(client) };
    // Who waits for it is told by its query.
    open.ready.catch(() => this.drop(open));
    for (const event of ['error', 'end'] as const) client.on(event, () => this.drop(open));
    client.on('notification', ({ processId, payload = '' }) => {
      const own = (client as unknown as { processID: number }).processID;
      if (processId !== own) onNotice?.(payload);
    });
    return open;
  }

  private async begin(client: Client): Promise<void> {
    await client.connect();
    for (const statement of this.settings.prologue) await client.query(statement);
  }

  /** What comes next gets another one; this one may still be in the middle of something that nobody waits for. */
  private drop(broken: Open): void {
    if (broken !== this.current) return;
    this.current = null;
    void broken.client.end().catch(() => undefined);
  }
}
