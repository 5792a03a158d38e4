import { createHash } from 'node:crypto';
import { Client, type QueryConfig, type QueryResult, type QueryResultRow } from 'pg';
import { Batcher } from '../batcher.ts';
import type { Held, SharedLocks } from './shared-locks.ts';

const ANSWER_MS_MAX = 5_000;
/** Names that are asked for with one statement. */
const NAMES_PER_TAKE = 200;

/** A connection and what it holds: both end together. */
interface Session {
  client: Client;
  /** Settled when it is free for the next question: it takes one at a time. */
  free: Promise<unknown>;
  held: Set<string>;
  /** What to give back with the next statement. */
  givenBack: string[];
  /** Takes names of which each is wanted by itself. @returns whether it was free. */
  single: Batcher<string, boolean>;
  isOver: boolean;
}

/** Advisory locks of one connection. When that breaks, PostgreSQL frees them, and who held one is told by `isHeld`. */
export class PostgresLocks implements SharedLocks {
  readonly areShared = true;
  private session: Promise<Session> | null = null;

  constructor(private readonly databaseUrl: string) {}

  async tryAny(names: readonly string[]): Promise<Held | null> {
    const session = await (this.session ??= this.connect());
    // PostgreSQL gives a lock to its holder as often as he asks.
    const free = names.filter((name) => !session.held.has(name));
    if (free.length === 0) return null;
    for (const name of free) session.held.add(name);
    const taken = await this.take(session, free).catch((cause: unknown) => {
      this.end(session);
      throw cause;
    });
    for (const name of free) if (name !== taken) session.held.delete(name);
    return taken === null ? null : holding(session, taken);
  }

  async close(): Promise<void> {
    const session = await this.session?.catch(() => null);
    if (session) this.end(session);
  }

  private async take(session: Session, names: readonly string[]): Promise<string | null> {
    const [only] = names;
    if (only !== undefined && names.length === 1) return (await session.single.ask(only)) ? only : null;
    giveBack(session);
    const { rows } = await ask<{ n: number }>(session, {
      name: 'take',
      // LIMIT ends the scan with the first that is free: no second one is taken.
      text: `SELECT n FROM unnest($1::bigint[]) WITH ORDINALITY AS given (lock, n)
        WHERE pg_try_advisory_lock(lock) LIMIT 1`,
      values: [names.map(numberOf)],
    });
    return rows[0] ? names[Number(rows[0].n) - 1]! : null;
  }

  private async connect(): Promise<Session> {
    const client = new Client({
      connectionString: this.databaseUrl,
      application_name: 'signalbox locks',
      connectionTimeoutMillis: ANSWER_MS_MAX,
      query_timeout: ANSWER_MS_MAX,
      keepAlive: true,
    });
    const session: Session = {
      client,
      free: Promise.resolve(),
      held: new Set(),
      givenBack: [],
      single: new Batcher((names) => takeEach(session, names), NAMES_PER_TAKE),
      isOver: false,
    };
    client.on('error', () => this.end(session));
    client.on('end', () => this.end(session));
    try {
      await client.connect();
    } catch (cause) {
      this.end(session);
      throw cause;
    }
    return session;
  }

  private end(session: Session): void {
    if (session.isOver) return;
    session.isOver = true;
    this.session = null;
    void session.client.end().catch(() => undefined);
  }
}

function holding(session: Session, name: string): Held {
  return {
    get isHeld() {
      return !session.isOver;
    },
    release: () => {
      if (session.isOver) return;
      // Asked for again here only when it is free there: queries of one connection follow each other.
      session.held.delete(name);
      session.givenBack.push(name);
      if (session.givenBack.length === 1) void session.free.then(() => giveBack(session));
    },
  };
}

/** What is given back at the same moment goes with one statement. */
function giveBack(session: Session): void {
  if (session.isOver || session.givenBack.length === 0) return;
  const values = [session.givenBack.splice(0).map(numberOf)];
  const text = 'SELECT pg_advisory_unlock(lock) FROM unnest($1::bigint[]) AS given (lock)';
  ask(session, { name: 'release', text, values }).catch(() => undefined);
}

/** Calls come with keys of their own: one statement takes those of all that wait. */
async function takeEach(session: Session, names: readonly string[]): Promise<boolean[]> {
  giveBack(session);
  const { rows } = await ask<{ n: number }>(session, {
    name: 'take-each',
    text: `SELECT n FROM unnest($1::bigint[]) WITH ORDINALITY AS given (lock, n) WHERE pg_try_advisory_lock(lock)`,
    values: [names.map(numberOf)],
  });
  const taken = new Set(rows.map(({ n }) => Number(n)));
  return names.map((_, n) => taken.has(n + 1));
}

/** Questions of one connection are answered in their order. */
function ask<Row extends QueryResultRow>(session: Session, query: QueryConfig): Promise<QueryResult<Row>> {
  const asked = session.free.then(() => session.client.query<Row>(query));
  session.free = asked.catch(() => undefined);
  return asked;
}

/** Locks have numbers of 64 bits. */
function numberOf(name: string): bigint {
  return createHash('sha256').update(name).digest().readBigInt64BE();
}
